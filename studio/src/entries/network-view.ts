// What the Python package carries: the view, a notebook's widget, and a saved page that starts by itself.

import { mountNetworkView } from "../lib/network-view";
import { pageSource } from "./page";
import { type Model, widgetSource } from "./widget";

export { mountNetworkView };

/** As anywidget wants it. */
export default {
  render({ model, el }: { model: Model; el: HTMLElement }): () => void {
    const place = document.createElement("div");
    place.style.height = `${String(model.get("height_px"))}px`;
    el.append(place);
    const source = widgetSource(model);
    const view = mountNetworkView(place, source);
    return () => {
      source.close();
      view.dispose();
    };
  },
};

const page = document.getElementById("clary-network");
if (page) Object.assign(window, { claryNetwork: mountNetworkView(page, pageSource(document)) });
