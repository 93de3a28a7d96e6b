// Puts the picture into an element and answers to whoever looks at it. Nothing is drawn while nothing changes.

import { Raycaster, Vector2, WebGLRenderer } from "three";

import { type Arrangement, arrange, type Panel as Place } from "./arrange";
import { Camera, margins, NARROW_PX } from "./camera";
import { DARK, LIGHT, type Theme } from "./colours";
import { Drawing } from "./drawing";
import type { Frame } from "./frame";
import { Frames } from "./frames";
import { Labels } from "./labels";
import { Panel } from "./panel";
import { nameOf, type Shown, shownOf, waysOf } from "./folding";
import { type Hit, layerUnder, pick, type Vector } from "./pick";
import type { Source } from "./source";
import { STYLE } from "./style";
import { aboutLayer, unitOf, valueOf } from "./words";

export interface NetworkView {
  /** Resolves when the step is on the screen, or when another one was asked for meanwhile. */
  show(step: number, sample: number): Promise<void>;
  /** Turns the camera around the picture, in radians. */
  turn(angle: number): void;
  /** Draws now and waits for the graphics processor; answers milliseconds. For measurements. */
  draw(): number;
  dispose(): void;
}

const PLAY_MS = 700;
const CLICK_PX = 4;
const FILLS = 0.9; // of a page's height: there is nothing to scroll then

/**
 * Draws a network into an element, which gives the size.
 *
 * The element says how things stand: `data-state` (loading, ready, failed), `data-step`, `data-sample` and
 * `data-predicted` of what is shown, `data-moving`.
 */
export function mountNetworkView(element: HTMLElement, source: Source): NetworkView {
  const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
  const style = document.createElement("style");
  style.textContent = STYLE;
  const frame = document.createElement("div");
  frame.className = "network";
  root.replaceChildren(style, frame);
  try {
    return new View(element, frame, source);
  } catch (error) {
    const said = document.createElement("div");
    said.className = "trouble";
    said.textContent = `This picture needs WebGL 2, which this browser does not give: ${String(error)}`;
    frame.replaceChildren(said);
    element.dataset.state = "failed";
    return { show: async () => {}, turn: () => {}, draw: () => 0, dispose: () => root.replaceChildren() };
  }
}

class View implements NetworkView {
  readonly #host: HTMLElement;
  readonly #frame: HTMLElement;
  readonly #source: Source;
  readonly #renderer: WebGLRenderer;
  readonly #camera: Camera;
  readonly #open = new Set<string>();
  #arrangement: Arrangement;
  #seen: readonly Shown[];
  #drawing: Drawing;
  #labels: Labels;
  readonly #panel: Panel;
  readonly #frames: Frames;
  readonly #end = new AbortController();
  readonly #sized: ResizeObserver;
  readonly #theme: () => Theme;
  #place: number;
  #samplePlace: number;
  #shown: Frame | null = null;
  #held: readonly number[] | null = null;
  #asked = 0;
  #layer: number | null = null;
  #pressed: readonly [number, number] | null = null;
  #wanted = 0;
  #player = 0;

  constructor(host: HTMLElement, frame: HTMLElement, source: Source) {
    const { picture } = source;
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const theme = (): Theme => (dark.matches ? DARK : LIGHT);
    this.#theme = theme;
    this.#host = host;
    this.#frame = frame;
    this.#source = source;
    this.#frames = new Frames(source);
    this.#renderer = new WebGLRenderer({ antialias: true, powerPreference: "high-performance" });
    this.#seen = shownOf(picture, this.#open);
    this.#arrangement = this.#arranged();
    this.#drawing = new Drawing(picture, this.#arrangement, waysOf(picture, this.#seen), theme());
    this.#labels = new Labels(picture, this.#arrangement, this.#names());
    this.#place = Math.max(0, picture.moments.findIndex((moment) => moment.step === picture.step));
    this.#samplePlace = Math.max(0, picture.samples.indexOf(picture.sample));
    this.#panel = new Panel(picture, {
      step: (place) => void this.#go(place, this.#samplePlace),
      sample: (by) => void this.#go(this.#place, this.#samplePlace + by),
      play: (on) => this.#playing(on),
      hold: (on) => this.#hold(on),
      layer: (number) => this.#choose(number),
      fold: (name) => this.#fold(name),
      list: () => void frame.classList.toggle("listed"),
    });
    this.#panel.list(this.#open);
    const canvas = this.#renderer.domElement;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${picture.title}: a network of ${picture.layers.length} layers`);
    const { above, beside, below, legend, hint, trouble } = this.#panel;
    frame.append(canvas, this.#labels.element, beside, above, legend, below, hint, trouble);
    this.#camera = new Camera(this.#arrangement, canvas, (on) => {
      this.#drawing.moving(on);
      this.#host.dataset.moving = on ? "yes" : "no";
      this.#redraw();
    });

    const signal = this.#end.signal;
    const paint = (): void => {
      frame.classList.toggle("light", !dark.matches);
      this.#drawing.paint(theme());
      this.#panel.paint(theme());
      this.#redraw();
    };
    dark.addEventListener("change", paint, { signal });
    canvas.addEventListener("pointermove", (event) => this.#point(event), { signal });
    canvas.addEventListener("pointerleave", () => this.#leave(), { signal });
    // Who scrolls through a notebook does not want to be caught by what lies on the way.
    canvas.addEventListener(
      "pointerdown",
      (event) => {
        this.#camera.zoomable(true);
        this.#pressed = [event.clientX, event.clientY];
      },
      { signal },
    );
    canvas.addEventListener("pointerup", (event) => this.#released(event), { signal });
    frame.addEventListener("pointerleave", () => this.#camera.zoomable(this.#fillsPage()), { signal });
    canvas.addEventListener("dblclick", () => this.#camera.back(), { signal });
    this.#sized = new ResizeObserver(() => this.#resize());
    this.#sized.observe(frame);
    this.#panel.scaleOf(null);
    paint();
    this.#resize();
    void this.#go(this.#place, this.#samplePlace);
  }

  async show(step: number, sample: number): Promise<void> {
    const { moments, samples } = this.#source.picture;
    await this.#go(
      moments.findIndex((moment) => moment.step === step),
      samples.indexOf(sample),
    );
  }

  turn(angle: number): void {
    this.#camera.turn(angle);
  }

  draw(): number {
    const since = performance.now();
    this.#drawing.moving(true);
    this.#render();
    this.#drawing.moving(false);
    // Reading a pixel waits for everything before it.
    const gl = this.#renderer.getContext();
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    return performance.now() - since;
  }

  dispose(): void {
    this.#end.abort();
    this.#sized.disconnect();
    clearInterval(this.#player);
    cancelAnimationFrame(this.#wanted);
    this.#camera.dispose();
    this.#drawing.dispose();
    this.#renderer.dispose();
    // A page may have 16 of these at most; a notebook runs its cells more often than that.
    this.#renderer.forceContextLoss();
    this.#frame.replaceChildren();
  }

  async #go(place: number, samplePlace: number): Promise<void> {
    const { moments, samples } = this.#source.picture;
    const moment = moments[place];
    const sample = samples[samplePlace];
    if (!moment || sample === undefined) return;
    this.#place = place;
    this.#samplePlace = samplePlace;
    this.#panel.at(place, samplePlace);
    const asked = ++this.#asked;
    this.#host.dataset.state = "loading";
    try {
      const frame = await this.#frames.get(moment.step, sample);
      // Who moves the slider on does not want to see all that lies between.
      if (asked !== this.#asked || this.#end.signal.aborted) return;
      this.#shown = frame;
      this.#update();
      this.#panel.fail(null);
      this.#host.dataset.state = "ready";
      this.#host.dataset.step = String(moment.step);
      this.#host.dataset.sample = String(frame.head.sample);
      this.#host.dataset.predicted = frame.head.predicted ?? "";
    } catch (error) {
      if (asked !== this.#asked) return;
      this.#panel.fail(`step ${moment.step} can't be shown: ${error instanceof Error ? error.message : String(error)}`);
      this.#host.dataset.state = "failed";
    }
  }

  #update(): void {
    if (!this.#shown) return;
    const { head, halves } = this.#shown;
    const scales = this.#held ?? head.scales;
    this.#drawing.show(halves, head, scales);
    this.#labels.say(this.#source.picture.classes, head.predicted, head.top);
    this.#panel.said(head);
    this.#panel.scaleOf(this.#layer === null ? null : (scales[this.#layer] ?? null));
    this.#redraw();
  }

  #hold(on: boolean): void {
    this.#held = on ? (this.#shown?.head.scales ?? null) : null;
    this.#update();
  }

  #playing(on: boolean): void {
    clearInterval(this.#player);
    this.#panel.playing(on);
    const count = this.#source.picture.moments.length;
    const next = (): void => void (this.#host.dataset.state !== "loading" && this.#go((this.#place + 1) % count, this.#samplePlace));
    if (on) {
      next();
      this.#player = window.setInterval(next, PLAY_MS);
    }
  }

  #choose(layer: number | null): void {
    this.#frame.classList.remove("listed");
    this.#layer = layer;
    this.#drawing.only(layer);
    this.#labels.only(layer);
    this.#update();
    this.#camera.look(layer);
  }

  /** Opens a block, or closes it. */
  #fold(name: string): void {
    if (!this.#open.delete(name)) this.#open.add(name);
    const { picture } = this.#source;
    this.#seen = shownOf(picture, this.#open);
    this.#arrangement = this.#arranged();
    this.#drawing.dispose();
    this.#drawing = new Drawing(picture, this.#arrangement, waysOf(picture, this.#seen), this.#theme());
    const labels = new Labels(picture, this.#arrangement, this.#names());
    this.#labels.element.replaceWith(labels.element);
    this.#labels = labels;
    this.#panel.list(this.#open);
    this.#host.dataset.open = [...this.#open].join(" ");
    this.#camera.arranged(this.#arrangement);
    this.#choose(null);
  }

  #arranged(): Arrangement {
    const width = this.#frame.clientWidth || 1280;
    const height = this.#frame.clientHeight || 720;
    const shown = this.#seen.map(({ layer }) => layer);
    return arrange(this.#source.picture, width / height, margins(width, height).room, shown);
  }

  #names(): Map<number, string> {
    return new Map(this.#seen.map((each) => [each.layer, nameOf(this.#source.picture, each)]));
  }

  /** A click, if the pointer stayed where it was pressed: it opens the block that lies there. */
  #released(event: PointerEvent): void {
    const pressed = this.#pressed;
    this.#pressed = null;
    if (!pressed || Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > CLICK_PX) return;
    const [origin, direction] = this.#ray(event);
    const layer = layerUnder(origin, direction, this.#panels());
    const block = this.#seen.find((each) => each.layer === layer)?.block;
    if (block) this.#fold(block.name);
  }

  #redraw(): void {
    if (this.#wanted) return;
    this.#wanted = requestAnimationFrame((now) => {
      this.#wanted = 0;
      this.#camera.advance(now);
      this.#render();
    });
  }

  #render(): void {
    this.#renderer.render(this.#drawing.scene, this.#camera.camera);
    this.#labels.place(this.#camera.camera, this.#frame.clientWidth, this.#frame.clientHeight);
  }

  #resize(): void {
    const width = this.#frame.clientWidth;
    const height = this.#frame.clientHeight;
    if (!width || !height) return;
    this.#frame.classList.toggle("narrow", width < NARROW_PX);
    this.#renderer.setPixelRatio(Math.min(2, window.devicePixelRatio));
    this.#renderer.setSize(width, height);
    this.#camera.resize(width, height);
    this.#camera.zoomable(this.#fillsPage());
    this.#redraw();
  }

  #fillsPage(): boolean {
    return this.#frame.clientHeight >= window.innerHeight * FILLS;
  }

  #point(event: PointerEvent): void {
    if (event.buttons) return this.#leave();
    const { layers, classes, prediction } = this.#source.picture;
    const hit = this.#hit(event);
    const layer = hit && layers[hit.layer];
    if (!hit || !layer) return this.#leave();
    const planes = layer.kind === "image" ? Math.min(layer.count, 3) : 1;
    const values = Array.from({ length: planes }, (_, plane) =>
      valueOf(this.#shown?.halves[hit.index + plane * layer.height * layer.width]),
    );
    const unit = unitOf(layer, hit, layer.name === prediction ? classes : []);
    const bounds = this.#renderer.domElement.getBoundingClientRect();
    const block = this.#seen.find((each) => each.layer === hit.layer)?.block;
    const about = block ? [`${block.name}: click to open`] : [];
    const [x, y] = [event.clientX - bounds.left, event.clientY - bounds.top];
    this.#panel.point([aboutLayer(layer), values.join(" · "), unit, ...about], x, y);
    if (this.#layer === null) this.#panel.scaleOf((this.#held ?? this.#shown?.head.scales)?.[hit.layer] ?? null);
    this.#drawing.hover(hit.layer, hit.tile);
    this.#redraw();
  }

  /** The value under the pointer. */
  #hit(event: PointerEvent): Hit | null {
    const [origin, direction] = this.#ray(event);
    return pick(origin, direction, this.#panels(), this.#source.picture.layers);
  }

  #panels(): readonly Place[] {
    return this.#arrangement.panels.filter((panel) => this.#layer === null || panel.layer === this.#layer);
  }

  /** Where one looks from, and to where the pointer is. */
  #ray(event: PointerEvent): readonly [Vector, Vector] {
    const bounds = this.#renderer.domElement.getBoundingClientRect();
    const x = ((event.clientX - bounds.left) / bounds.width) * 2 - 1;
    const y = 1 - ((event.clientY - bounds.top) / bounds.height) * 2;
    const caster = new Raycaster();
    caster.setFromCamera(new Vector2(x, y), this.#camera.camera);
    const { origin, direction } = caster.ray;
    return [
      [origin.x, origin.y, origin.z],
      [direction.x, direction.y, direction.z],
    ];
  }

  #leave(): void {
    this.#panel.point(null);
    if (this.#layer === null) this.#panel.scaleOf(null);
    this.#drawing.hover(-1, -1);
    this.#redraw();
  }
}
