// The controls around the picture. Top: title and prediction. Left: the layers. Bottom: steps and samples.

import { gradient, type Theme } from "./colours";
import type { Head } from "./frame";
import type { Block, Picture } from "./source";
import { layerText, sampleName, sampleText, shapeText, short, stepText } from "./text";

/** What happens when the user changes something. */
export interface Actions {
  /** index: of the step in the picture's list. */
  step(index: number): void;
  /** by: 1 for the next sample, -1 for the previous one. */
  sample(by: number): void;
  play(on: boolean): void;
  hold(on: boolean): void;
  layer(number: number | null): void;
  /** Opens or closes a block. */
  fold(name: string): void;
  /** Shows or hides the list of layers, if the view is too narrow to show it always. */
  list(): void;
}

export class Controls {
  readonly above = make("div", "above");
  readonly beside = make("div", "beside");
  readonly below = make("div", "below");
  readonly legend = make("div", "legend");
  readonly hint = make("div", "hint");
  readonly trouble = make("div", "trouble");
  #picture: Picture;
  readonly #answer = make("div", "answer");
  readonly #steps = make("input", "steps");
  readonly #step = make("span", "step");
  readonly #sample = make("span", "sample");
  readonly #play = make("button", "play");
  readonly #bar = make("div", "bar");
  readonly #low = make("span", "low");
  readonly #high = make("span", "high");
  readonly #actions: Actions;
  readonly #entries = new Map<HTMLButtonElement, readonly number[]>();
  #chosen: number | null = null;
  #nonFinite: readonly number[] = [];
  readonly #previous: HTMLButtonElement;
  readonly #next: HTMLButtonElement;

  constructor(picture: Picture, actions: Actions) {
    this.#picture = picture;
    this.#actions = actions;
    this.above.append(make("div", "title", picture.title), this.#answer);
    this.#steps.type = "range";
    this.#steps.min = "0";
    this.#steps.setAttribute("aria-label", "step");
    this.#steps.addEventListener("input", () => actions.step(Number(this.#steps.value)));
    this.#play.type = "button";
    this.#play.addEventListener("click", () => actions.play(!this.#play.classList.contains("on")));
    this.playing(false);
    this.grow(picture);
    this.#previous = button("‹", "Previous sample", () => actions.sample(-1));
    this.#next = button("›", "Next sample", () => actions.sample(1));
    const samples = make("div", "samples");
    samples.append(this.#previous, this.#sample, this.#next);
    const hold = make("label", "hold");
    const box = make("input", "");
    box.type = "checkbox";
    box.addEventListener("change", () => actions.hold(box.checked));
    hold.append(box, make("span", "", "hold colours"));
    hold.title = "Keep the scales of this step, so that steps can be compared";
    const list = button("☰", "Show the layers", () => actions.list());
    list.classList.add("list");
    this.below.append(list, this.#play, this.#steps, this.#step, samples, hold);

    const ends = make("div", "ends");
    ends.append(this.#low, make("span", "", "0"), this.#high);
    this.legend.append(this.#bar, ends);
    this.hint.hidden = this.trouble.hidden = true;
  }

  /** Takes the picture with the steps that were added; the layers are the same. */
  grow(picture: Picture): void {
    this.#picture = picture;
    this.#steps.max = String(Math.max(0, picture.steps.length - 1));
    this.#play.disabled = this.#steps.disabled = picture.steps.length < 2;
  }

  /** Fills the list of layers. An open block has its layers below it, a closed one their number. */
  list(open: ReadonlySet<string>): void {
    const { layers, blocks } = this.#picture;
    this.#entries.clear();
    this.#chosen = null;
    const whole = button("whole network", "Show all layers", () => this.#choose(null));
    this.#entries.set(whole, []);
    layers.forEach((layer, number) => {
      const block = blocks.find(({ first, last }) => first <= number && number <= last);
      if (block?.first === number) this.#addBlock(block, open.has(block.name));
      if (block && !open.has(block.name)) return;
      const entry = button("", layerText(layer), () => this.#choose(number));
      entry.append(name(layer.title), make("span", "shape", shapeText(layer)));
      entry.classList.toggle("inner", block !== undefined);
      this.#entries.set(entry, [number]);
    });
    whole.classList.add("chosen");
    this.beside.replaceChildren(...this.#entries.keys());
    this.#markNonFinite();
  }

  #addBlock(block: Block, open: boolean): void {
    const numbers = Array.from({ length: block.last - block.first + 1 }, (_, at) => block.first + at);
    const entry = button("", `${open ? "Close" : "Open"} ${block.name}`, () => this.#actions.fold(block.name));
    entry.append(name(`${open ? "▾" : "▸"} ${block.name}`), make("span", "shape", `${numbers.length} layers`));
    entry.classList.add("block");
    entry.setAttribute("aria-expanded", String(open));
    this.#entries.set(entry, numbers);
  }

  #choose(number: number | null): void {
    this.#chosen = number === this.#chosen ? null : number;
    for (const [entry, numbers] of this.#entries) {
      const own = !entry.classList.contains("block") && (numbers[0] ?? null) === this.#chosen;
      entry.classList.toggle("chosen", own);
    }
    this.#actions.layer(this.#chosen);
  }

  #markNonFinite(): void {
    for (const [entry, numbers] of this.#entries) {
      const count = numbers.reduce((sum, number) => sum + (this.#nonFinite[number] ?? 0), 0);
      entry.classList.toggle("non-finite", count > 0);
      const layer = numbers.length === 1 && !entry.classList.contains("block") ? this.#picture.layers[numbers[0]!] : undefined;
      if (layer) entry.title = layerText(layer) + (count ? ` · ${count} values are NaN or infinite` : "");
    }
  }

  paint(theme: Theme): void {
    this.#bar.style.background = gradient(theme);
  }

  /** Shows the selected step and sample at once. `showHead` follows when their frame has arrived. */
  select(index: number, sampleIndex: number): void {
    const step = this.#picture.steps[index];
    this.#steps.value = String(index);
    this.#step.textContent = step ? stepText(step) : "";
    this.#steps.setAttribute("aria-valuetext", this.#step.textContent);
    const samples = this.#picture.samples;
    this.#sample.textContent = sampleName(samples[sampleIndex] ?? 0);
    this.#previous.disabled = sampleIndex <= 0;
    this.#next.disabled = sampleIndex >= samples.length - 1;
  }

  /** Shows the head of a frame: sample, prediction, label. */
  showHead(head: Head): void {
    this.#nonFinite = head.non_finite;
    this.#markNonFinite();
    this.#sample.textContent = sampleText(head);
    this.#sample.classList.toggle("other", head.same === false);
    this.#sample.title = head.same === false ? "The sample that was chosen is not in the batch of this step: this is another one" : "";
    this.#answer.replaceChildren();
    if (head.predicted === null) return;
    const share = head.top[0]?.[1];
    const sure = share === undefined ? "" : `${Math.round(share * 100)} %`;
    this.#answer.append(make("span", "word", "predicted"), make("span", "class", head.predicted));
    if (sure) this.#answer.append(make("span", "share", sure));
    if (head.label === null) return;
    const right = head.label === head.predicted;
    const numeric = head.top.length === 0;
    const verdict = numeric ? "" : right ? "right" : "wrong";
    this.#answer.append(make("span", `truth ${verdict}`, `${right && !numeric ? "✓" : numeric ? "" : "✗"} label ${head.label}`));
  }

  /** Shows the scale of one layer; null: every layer has its own. */
  scaleOf(scale: number | null): void {
    this.#low.textContent = scale === null ? "− of its layer" : short(-scale);
    this.#high.textContent = scale === null ? "+ of its layer" : short(scale);
  }

  playing(on: boolean): void {
    this.#play.classList.toggle("on", on);
    this.#play.textContent = on ? "❚❚" : "▶";
    this.#play.title = on ? "Stop" : "Go through the steps";
  }

  fail(why: string | null): void {
    this.trouble.hidden = why === null;
    this.trouble.textContent = why ?? "";
  }

  /** Shows lines of text next to the pointer, at x, y; with null, hides them. */
  point(lines: readonly string[] | null, x = 0, y = 0): void {
    this.hint.hidden = lines === null;
    if (lines === null) return;
    this.hint.replaceChildren(...lines.map((line, at) => make("div", at === 1 ? "value" : "", line)));
    const width = this.hint.parentElement?.clientWidth ?? 0;
    const left = Math.min(x + 14, width - this.hint.offsetWidth - 8);
    this.hint.style.transform = `translate(${left}px, ${y + 14}px)`;
  }
}

function make<K extends keyof HTMLElementTagNameMap>(tag: K, name: string, text = ""): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text) element.textContent = text;
  return element;
}

/** A name that is shortened at its beginning: the end of a long name is more important. */
function name(text: string): HTMLElement {
  const element = make("span", "name");
  element.append(make("bdi", "", text));
  return element;
}

function button(text: string, title: string, press: () => void): HTMLButtonElement {
  const element = make("button", "", text);
  element.type = "button";
  element.title = title;
  element.addEventListener("click", press);
  return element;
}
