// Shows the picture in an element and handles the user's input. Draws only when something has changed.

import { Raycaster, Vector2, WebGLRenderer } from "three";

import { type Arrangement, arrange, type Panel } from "./arrange";
import { Camera, margins, NARROW_PX } from "./camera";
import { DARK, LIGHT, type Theme } from "./colours";
import { Drawing } from "./drawing";
import type { Frame } from "./frame";
import { Frames } from "./frames";
import { Labels } from "./labels";
import { Controls } from "./controls";
import { nameText, type ShownLayer, shownLayers, connectionsOf } from "./folding";
import { type Hit, layerUnder, pick, type Vector } from "./pick";
import type { Source } from "./source";
import { STYLE } from "./style";
import { layerText, unitText, valueText } from "./text";

export interface NetworkView {
  /** Resolves when the step is displayed, or when another step was requested meanwhile. */
  show(step: number, sample: number): Promise<void>;
  /** Reads the picture of the source again: steps were added. A view of the last step goes on to the new last. */
  grow(): void;
  /** Draws light or dark, whatever the browser prefers. */
  light(on: boolean): void;
  /** Turns the camera around the picture, in radians. */
  turn(angle: number): void;
  /** Draws now, as in a movement, and waits for the GPU; returns milliseconds. For measurements. */
  draw(): number;
  dispose(): void;
}

const PLAY_MS = 700;
const CLICK_PX = 4;
const FILLS = 0.9; // share of the page's height from which on the picture fills the page, and nothing scrolls

export interface ViewOptions {
  /** Light or dark; by default as the browser prefers. */
  readonly light?: boolean;
  /** Called when a frame is on the screen. */
  readonly onShown?: (step: number, sample: number) => void;
}

/**
 * Draws a network in an element, whose size it takes.
 *
 * Attributes of the element show the state: `data-state` (loading, ready, failed), `data-moving`, and `data-step`,
 * `data-sample` and `data-predicted` of the frame that is shown.
 */
export function mountNetworkView(element: HTMLElement, source: Source, options: ViewOptions = {}): NetworkView {
  const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
  const style = new CSSStyleSheet();
  style.replaceSync(STYLE);
  root.adoptedStyleSheets = [style];
  const frame = document.createElement("div");
  frame.className = "network";
  root.replaceChildren(frame);
  try {
    return new View(element, frame, source, options);
  } catch (error) {
    const message = document.createElement("div");
    message.className = "trouble";
    message.textContent = `This picture needs WebGL 2, which this browser does not support: ${String(error)}`;
    frame.replaceChildren(message);
    element.dataset.state = "failed";
    const nothing = (): void => {};
    return { show: async () => {}, grow: nothing, light: nothing, turn: nothing, draw: () => 0, dispose: () => root.replaceChildren() };
  }
}

class View implements NetworkView {
  readonly #host: HTMLElement;
  readonly #frame: HTMLElement;
  readonly #source: Source;
  readonly #renderer: WebGLRenderer;
  /** No graphics processor draws: every sample of a pixel takes time. */
  readonly #isComputed: boolean;
  #isMoving = false;
  readonly #camera: Camera;
  readonly #open = new Set<string>();
  #arrangement: Arrangement;
  #visible: readonly ShownLayer[];
  #drawing: Drawing;
  #labels: Labels;
  readonly #controls: Controls;
  readonly #frames: Frames;
  readonly #end = new AbortController();
  readonly #sized: ResizeObserver;
  readonly #options: ViewOptions;
  #isLight: boolean;
  #stepIndex: number;
  #stepCount: number;
  #sampleIndex: number;
  #shown: Frame | null = null;
  #heldScales: readonly number[] | null = null;
  #asked = 0;
  #layer: number | null = null;
  #pressed: readonly [number, number] | null = null;
  #wanted = 0;
  #player = 0;

  constructor(host: HTMLElement, frame: HTMLElement, source: Source, options: ViewOptions) {
    const { picture } = source;
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    this.#options = options;
    this.#isLight = options.light ?? !dark.matches;
    this.#host = host;
    this.#frame = frame;
    this.#source = source;
    this.#frames = new Frames(source);
    this.#isComputed = isComputed();
    this.#renderer = new WebGLRenderer({ antialias: !this.#isComputed, powerPreference: "high-performance" });
    this.#visible = shownLayers(picture, this.#open);
    this.#arrangement = this.#arranged();
    this.#drawing = new Drawing(picture, this.#arrangement, connectionsOf(picture, this.#visible), this.#theme());
    this.#labels = new Labels(picture, this.#arrangement, this.#names());
    this.#stepIndex = Math.max(0, picture.steps.findIndex((step) => step.step === picture.step));
    this.#stepCount = picture.steps.length;
    this.#sampleIndex = Math.max(0, picture.samples.indexOf(picture.sample));
    this.#controls = new Controls(picture, {
      step: (index) => void this.#go(index, this.#sampleIndex),
      sample: (by) => void this.#go(this.#stepIndex, this.#sampleIndex + by),
      play: (on) => this.#playing(on),
      hold: (on) => this.#hold(on),
      layer: (number) => this.#choose(number),
      fold: (name) => this.#fold(name),
      list: () => void frame.classList.toggle("listed"),
    });
    this.#controls.list(this.#open);
    const canvas = this.#renderer.domElement;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${picture.title}: a network of ${picture.layers.length} layers`);
    const { above, beside, below, legend, hint, trouble } = this.#controls;
    frame.append(canvas, this.#labels.element, beside, above, legend, below, hint, trouble);
    this.#camera = new Camera(this.#arrangement, canvas, (on) => {
      this.#isMoving = on;
      this.#host.dataset.moving = on ? "yes" : "no";
      this.#redraw();
    });

    const signal = this.#end.signal;
    if (options.light === undefined) dark.addEventListener("change", () => this.light(!dark.matches), { signal });
    canvas.addEventListener("pointermove", (event) => this.#point(event), { signal });
    canvas.addEventListener("pointerleave", () => this.#leave(), { signal });
    // While the user scrolls through a notebook, the wheel must not zoom the picture under the pointer.
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
    this.#controls.scaleOf(null);
    this.light(this.#isLight);
    this.#resize();
    void this.#go(this.#stepIndex, this.#sampleIndex);
  }

  async show(step: number, sample: number): Promise<void> {
    const { steps, samples } = this.#source.picture;
    await this.#go(
      steps.findIndex((each) => each.step === step),
      samples.indexOf(sample),
    );
  }

  grow(): void {
    const { picture } = this.#source;
    const shown = this.#shown?.head.step;
    const wasLast = this.#stepIndex === this.#stepCount - 1;
    this.#stepCount = picture.steps.length;
    this.#controls.grow(picture);
    const index = wasLast ? picture.steps.length - 1 : picture.steps.findIndex((step) => step.step === shown);
    void this.#go(Math.max(0, index), this.#sampleIndex);
  }

  light(on: boolean): void {
    this.#isLight = on;
    this.#frame.classList.toggle("light", on);
    this.#drawing.paint(this.#theme());
    this.#controls.paint(this.#theme());
    this.#redraw();
  }

  turn(angle: number): void {
    this.#camera.turn(angle);
  }

  draw(): number {
    const since = performance.now();
    this.#render(true);
    // Reading a pixel waits until everything before it is drawn.
    const gl = this.#renderer.getContext();
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    const took = performance.now() - since;
    this.#redraw();
    return took;
  }

  dispose(): void {
    this.#end.abort();
    this.#sized.disconnect();
    clearInterval(this.#player);
    cancelAnimationFrame(this.#wanted);
    this.#camera.dispose();
    this.#drawing.dispose();
    this.#renderer.dispose();
    // A page can have only 16 WebGL contexts, and a notebook may run a cell more often than that.
    this.#renderer.forceContextLoss();
    this.#frame.replaceChildren();
  }

  async #go(stepIndex: number, sampleIndex: number): Promise<void> {
    const { steps, samples } = this.#source.picture;
    const step = steps[stepIndex];
    const sample = samples[sampleIndex];
    if (!step || sample === undefined) return;
    this.#stepIndex = stepIndex;
    this.#sampleIndex = sampleIndex;
    this.#controls.select(stepIndex, sampleIndex);
    const asked = ++this.#asked;
    this.#host.dataset.state = "loading";
    try {
      const frame = await this.#frames.get(step.step, sample);
      // The user has moved the slider meanwhile: skip the steps in between.
      if (asked !== this.#asked || this.#end.signal.aborted) return;
      this.#shown = frame;
      this.#update();
      this.#controls.fail(null);
      this.#host.dataset.state = "ready";
      this.#host.dataset.step = String(step.step);
      this.#host.dataset.sample = String(frame.head.sample);
      this.#host.dataset.predicted = frame.head.predicted ?? "";
      this.#options.onShown?.(step.step, frame.head.sample);
    } catch (error) {
      if (asked !== this.#asked) return;
      this.#controls.fail(`step ${step.step} can't be shown: ${error instanceof Error ? error.message : String(error)}`);
      this.#host.dataset.state = "failed";
    }
  }

  #update(): void {
    if (!this.#shown) return;
    const { head, halves } = this.#shown;
    const scales = this.#heldScales ?? head.scales;
    this.#drawing.show(halves, head, scales);
    this.#labels.showClasses(this.#source.picture.classes, head.predicted, head.top);
    this.#controls.showHead(head);
    this.#controls.scaleOf(this.#layer === null ? null : (scales[this.#layer] ?? null));
    this.#redraw();
  }

  #hold(on: boolean): void {
    this.#heldScales = on ? (this.#shown?.head.scales ?? null) : null;
    this.#update();
  }

  #playing(on: boolean): void {
    clearInterval(this.#player);
    this.#controls.playing(on);
    const next = (): void => void (this.#host.dataset.state !== "loading" && this.#go((this.#stepIndex + 1) % this.#stepCount, this.#sampleIndex));
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
    this.#visible = shownLayers(picture, this.#open);
    this.#arrangement = this.#arranged();
    this.#drawing.dispose();
    this.#drawing = new Drawing(picture, this.#arrangement, connectionsOf(picture, this.#visible), this.#theme());
    const labels = new Labels(picture, this.#arrangement, this.#names());
    this.#labels.element.replaceWith(labels.element);
    this.#labels = labels;
    this.#controls.list(this.#open);
    this.#host.dataset.open = [...this.#open].join(" ");
    this.#camera.arranged(this.#arrangement);
    this.#choose(null);
  }

  #theme(): Theme {
    return this.#isLight ? LIGHT : DARK;
  }

  #arranged(): Arrangement {
    const width = this.#frame.clientWidth || 1280;
    const height = this.#frame.clientHeight || 720;
    const shown = this.#visible.map(({ layer }) => layer);
    return arrange(this.#source.picture, width / height, margins(width, height).free, shown);
  }

  #names(): Map<number, string> {
    return new Map(this.#visible.map((each) => [each.layer, nameText(this.#source.picture, each)]));
  }

  /** If the pointer has not moved since it was pressed, this is a click, which opens the block there. */
  #released(event: PointerEvent): void {
    const pressed = this.#pressed;
    this.#pressed = null;
    if (!pressed || Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > CLICK_PX) return;
    const [origin, direction] = this.#ray(event);
    const layer = layerUnder(origin, direction, this.#panels());
    const block = this.#visible.find((each) => each.layer === layer)?.block;
    if (block) this.#fold(block.name);
  }

  #redraw(): void {
    if (this.#wanted) return;
    this.#wanted = requestAnimationFrame((now) => {
      this.#wanted = 0;
      this.#camera.advance(now);
      this.#render(this.#isMoving);
    });
  }

  /** isMoving: with fewer samples of each pixel, so that a movement is smooth. */
  #render(isMoving: boolean): void {
    this.#drawing.moving(isMoving);
    const ratio = Math.min(2, window.devicePixelRatio);
    // What is computed has no antialiasing: a picture at rest has twice the pixels, of which the browser makes one.
    const drawn = !this.#isComputed ? ratio : isMoving ? 1 : 2;
    this.#drawing.halved(drawn > ratio);
    // It clears the canvas, also where the ratio is the same.
    if (drawn !== this.#renderer.getPixelRatio()) this.#renderer.setPixelRatio(drawn);
    this.#renderer.render(this.#drawing.scene, this.#camera.camera);
    this.#labels.place(this.#camera.camera, this.#frame.clientWidth, this.#frame.clientHeight);
  }

  #resize(): void {
    const width = this.#frame.clientWidth;
    const height = this.#frame.clientHeight;
    if (!width || !height) return;
    this.#frame.classList.toggle("narrow", width < NARROW_PX);
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
      valueText(this.#shown?.halves[hit.index + plane * layer.height * layer.width]),
    );
    const unit = unitText(layer, hit, layer.name === prediction ? classes : []);
    const bounds = this.#renderer.domElement.getBoundingClientRect();
    const block = this.#visible.find((each) => each.layer === hit.layer)?.block;
    const about = block ? [`${block.name}: click to open`] : [];
    const [x, y] = [event.clientX - bounds.left, event.clientY - bounds.top];
    this.#controls.point([layerText(layer), values.join(" · "), unit, ...about], x, y);
    if (this.#layer === null) this.#controls.scaleOf((this.#heldScales ?? this.#shown?.head.scales)?.[hit.layer] ?? null);
    this.#drawing.hover(hit.layer, hit.tile);
    this.#redraw();
  }

  /** The value under the pointer. */
  #hit(event: PointerEvent): Hit | null {
    const [origin, direction] = this.#ray(event);
    return pick(origin, direction, this.#panels(), this.#source.picture.layers);
  }

  #panels(): readonly Panel[] {
    return this.#arrangement.panels.filter((panel) => this.#layer === null || panel.layer === this.#layer);
  }

  /** The ray from the camera through the pointer: origin and direction. */
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
    this.#controls.point(null);
    if (this.#layer === null) this.#controls.scaleOf(null);
    this.#drawing.hover(-1, -1);
    this.#redraw();
  }
}

/** Whether programs draw in the place of a graphics processor: those of Chromium and Mesa, and that of Windows. */
function isComputed(): boolean {
  const context = document.createElement("canvas").getContext("webgl2");
  if (context === null) return false;
  const named = context.getExtension("WEBGL_debug_renderer_info")?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER;
  const renderer = String(context.getParameter(named));
  // A page can have only 16 contexts.
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|softpipe|basic render/i.test(renderer);
}
