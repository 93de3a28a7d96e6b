// Chooses one of the saved steps, and plays them one after the other.
import { useEffect, useRef, useState } from "react";

const PLAY_MS = 500;

export function StepSlider({
  steps,
  step,
  onStep,
  isBusy,
}: {
  steps: readonly number[];
  step: number;
  onStep: (step: number) => void;
  /** While what is shown is being read, playing waits. */
  isBusy: boolean;
}) {
  const [isPlaying, setIsPlaying] = useState(false);
  const now = useRef({ steps, step, onStep, isBusy });
  now.current = { steps, step, onStep, isBusy };
  useEffect(() => {
    if (!isPlaying) return undefined;
    const timer = setInterval(() => {
      const { steps: all, step: shown, onStep: show, isBusy: waits } = now.current;
      if (waits) return;
      const next = all[(all.indexOf(shown) + 1) % all.length];
      if (next !== undefined) show(next);
    }, PLAY_MS);
    return () => clearInterval(timer);
  }, [isPlaying]);
  const at = Math.max(0, steps.indexOf(step));
  return (
    <div className="step-slider">
      <button
        type="button"
        className="button small"
        aria-label={isPlaying ? "Stop" : "Play the steps"}
        disabled={steps.length < 2}
        onClick={() => setIsPlaying(!isPlaying)}
      >
        <span aria-hidden="true">{isPlaying ? "❚❚" : "▶"}</span>
      </button>
      <input
        type="range"
        min={0}
        max={Math.max(0, steps.length - 1)}
        value={at}
        disabled={steps.length < 2}
        aria-label="Step"
        aria-valuetext={`step ${step}`}
        onChange={(event) => onStep(steps[event.target.valueAsNumber] ?? step)}
      />
      <span className="mono">step {step}</span>
    </div>
  );
}
