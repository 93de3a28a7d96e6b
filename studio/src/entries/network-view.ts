// The entry point of the build in the Python package: the view, a notebook widget, and a saved page.

import { mountNetworkView } from "../lib/network-view";
import { pageSource } from "./page";
import { type Model, widgetSource } from "./widget";

export { mountNetworkView };

/** The module that anywidget loads. */
export default {
  render({ model, el }: { model: Model; el: HTMLElement }): () => void {
    const host = document.createElement("div");
    host.style.height = `${String(model.get("height_px"))}px`;
    el.append(host);
    const source = widgetSource(model);
    const view = mountNetworkView(host, source);
    return () => {
      source.close();
      view.dispose();
    };
  },
};

const page = document.getElementById("clary-network");
if (page) Object.assign(window, { claryNetwork: mountNetworkView(page, pageSource(document)) });
