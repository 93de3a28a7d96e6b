// The network in three dimensions, fed by the server while the job trains.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useState } from "react";
import { networkPicture } from "../../api/debugger";
import type { Captured } from "../../api/debugger-operations";
import { loadedLater } from "../../components/loaded-later";
import { Trouble } from "../../components/trouble";
import type { DebuggerAddress } from "../../lib/debugger-address";
import { Choice } from "./tensors";

const NetworkPlot = loadedLater(() => import("./network-plot"));

export function NetworkTab({
  name,
  found,
  isLive,
  address,
}: {
  name: string;
  found: Captured;
  isLive: boolean;
  address: DebuggerAddress;
}) {
  const navigate = useNavigate({ from: "/debugger/training-job/$name" });
  const change = useCallback(
    (changes: DebuggerAddress) =>
      void navigate({ to: ".", search: (before) => ({ ...before, ...changes }), replace: true, resetScroll: false }),
    [navigate],
  );
  const [text, setText] = useState(address.layers ?? "");
  useEffect(() => {
    if (text === (address.layers ?? "")) return undefined;
    const timer = setTimeout(() => change({ layers: text || undefined }), 300);
    return () => clearTimeout(timer);
  }, [text, address.layers, change]);
  const asked = useQuery(networkPicture(name, address.layers ?? "", address, isLive));
  // A step that is shown stands in the address; the newest one does not, so that the view follows the training.
  const onShown = useCallback(
    (step: number, sample: number, isNewest: boolean) =>
      change({ step: isNewest ? undefined : step, sample: sample === 0 ? undefined : sample }),
    [change],
  );
  const picture = asked.data !== undefined && "Picture" in asked.data ? asked.data : undefined;
  return (
    <div className="stack tight network-tab">
      <div className="toolbar">
        <input
          type="search"
          className="field"
          placeholder="Layers with this in their names"
          aria-label="Layers by name"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Choice found={found} address={address} onChange={change} />
        <span className="soft" role="status">
          {picture && layersText(picture.Picture.layers)}
        </span>
      </div>
      {asked.error ? (
        <Trouble error={asked.error} what="the network" />
      ) : asked.data !== undefined && "Nothing" in asked.data ? (
        <NoNetwork why={asked.data.Nothing} layers={address.layers} isLive={isLive} onAll={() => setText("")} />
      ) : picture ? (
        <NetworkPlot
          placeholder={<div className="network-plot" />}
          // Another filter has other layers: a picture of its own.
          key={[name, address.layers, address.mode, address.worker, picture.Basis].join("\n")}
          name={name}
          found={picture}
          wishes={{
            TrainingJobName: name,
            Basis: picture.Basis,
            ...(address.layers && { Contains: address.layers }),
            ...(address.mode && { Mode: address.mode }),
            ...(address.worker && { Worker: address.worker }),
          }}
          step={address.step}
          sample={address.sample}
          onShown={onShown}
        />
      ) : (
        <div className="network-plot" aria-busy="true" />
      )}
      {picture && (
        <p className="soft">
          Drag to turn, scroll to zoom, point at a unit to read its value, choose a layer at the left to see it alone; ‹ ›
          choose the sample, before the first one is the mean of the batch.
        </p>
      )}
    </div>
  );
}

/** why: in the words of the server. */
function NoNetwork({
  why,
  layers,
  isLive,
  onAll,
}: {
  why: string;
  layers: string | undefined;
  isLive: boolean;
  onAll: () => void;
}) {
  return (
    <div className="card empty" role="status">
      <h2>{layers ? `No layer has “${layers}” in its name` : isLive ? "No layer yet" : "There is no network to draw"}</h2>
      <p className="soft">{why.slice(0, 1).toUpperCase() + why.slice(1)}.</p>
      {layers && (
        <button type="button" className="button" onClick={onAll}>
          All layers
        </button>
      )}
      {isLive && <p className="soft">It appears here with the first step that has one.</p>}
    </div>
  );
}

function layersText(layers: readonly { kind: string; count: number }[]): string {
  const maps = layers.filter(({ kind }) => kind === "maps").reduce((sum, { count }) => sum + count, 0);
  return `${layers.length.toLocaleString("en")} ${layers.length === 1 ? "layer" : "layers"}${maps > 0 ? `, ${maps.toLocaleString("en")} feature maps` : ""}`;
}
