// Server-sent events out of a stream's text, as it comes.
export interface ServerEvent {
  event: string;
  id: string;
  data: string;
}

/** Feed it pieces of text, cut anywhere; it gives the events that are whole by now. Comments are left out. */
export function eventReader(): (piece: string) => ServerEvent[] {
  let rest = "";
  return (piece) => {
    const blocks = (rest + piece).split("\n\n");
    rest = blocks.pop() ?? "";
    return blocks.flatMap((block) => {
      const found: ServerEvent = { event: "", id: "", data: "" };
      for (const line of block.split("\n")) {
        const colon = line.indexOf(":");
        const name = line.slice(0, colon);
        if (name === "event" || name === "id" || name === "data") {
          found[name] = line.slice(colon + 1).trimStart();
        }
      }
      return found.event ? [found] : [];
    });
  };
}
