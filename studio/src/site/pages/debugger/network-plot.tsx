// Mounts the network view, which notebooks have too. In a file of its own, because it brings three.js.
import { useEffect, useRef } from "react";
import { type NetworkView, mountNetworkView, type Picture, type Source } from "../../../lib/network-view";
import { networkFrame } from "../../api/debugger";
import type { NetworkPicture, PictureWishes } from "../../api/debugger-operations";
import { useTheme } from "../../theme";

export default function NetworkPlot({
  name,
  found,
  wishes,
  step,
  sample,
  onShown,
}: {
  name: string;
  /** The layers of the first one are kept; later ones add steps. */
  found: NetworkPicture;
  wishes: PictureWishes;
  step: number | undefined;
  sample: number | undefined;
  onShown: (step: number, sample: number, isNewest: boolean) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<NetworkView>(null);
  const source = useRef<Source & { picture: Picture }>(null);
  const first = useRef({ found, wishes, step, sample });
  const shown = useRef(onShown);
  shown.current = onShown;
  const theme = useTheme();
  const light = useRef(theme !== "dark");
  light.current = theme !== "dark";

  useEffect(() => {
    const place = box.current;
    if (place === null) return undefined;
    const { found: start, wishes: asked, step: wantedStep, sample: wantedSample } = first.current;
    const has = start.Picture.steps.some((each) => each.step === wantedStep);
    const made: Source & { picture: Picture } = {
      picture: {
        ...start.Picture,
        step: has && wantedStep !== undefined ? wantedStep : start.Picture.step,
        sample: wantedSample !== undefined && start.Picture.samples.includes(wantedSample) ? wantedSample : 0,
      },
      frame: (at, of) => networkFrame(asked, at, of),
    };
    source.current = made;
    view.current = mountNetworkView(place, made, {
      light: light.current,
      onShown: (at, of) => shown.current(at, of, at === made.picture.steps.at(-1)?.step),
    });
    // The benchmark and the tests turn the picture and measure its frames.
    Object.assign(place, { networkView: view.current });
    return () => {
      view.current?.dispose();
      view.current = null;
    };
  }, []);

  useEffect(() => view.current?.light(theme !== "dark"), [theme]);

  const { steps } = found.Picture;
  useEffect(() => {
    const now = source.current;
    if (now === null || steps.length === now.picture.steps.length) return;
    now.picture = { ...now.picture, steps };
    view.current?.grow();
  }, [steps]);

  return <div ref={box} className="network-plot" role="region" aria-label={`The network of ${name}`} />;
}
