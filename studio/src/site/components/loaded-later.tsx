// Components whose code is a file of its own, because most pages draw without it.
import { type ComponentType, type ReactNode, useEffect, useState } from "react";

type Loaded<Props> = { default: ComponentType<Props> };

/** Draws `placeholder` until the code has come. `load` fetches it before. */
export type LoadedLater<Props> = ComponentType<Props & { placeholder: ReactNode }> & { load: () => Promise<void> };

/**
 * Makes a component of one whose code is imported when it is first drawn.
 *
 * React's `lazy` draws the fallback first even where the code has come, and React then keeps a fallback for 300 ms.
 */
export function loadedLater<Props extends object>(importCode: () => Promise<Loaded<Props>>): LoadedLater<Props> {
  let Ready: ComponentType<Props> | undefined;
  const load = async (): Promise<void> => {
    Ready = (await importCode()).default;
  };
  function Later({ placeholder, ...props }: Props & { placeholder: ReactNode }) {
    const [isReady, setIsReady] = useState(Ready !== undefined);
    const [failure, setFailure] = useState<Error>();
    useEffect(() => {
      if (!isReady) load().then(() => setIsReady(true), setFailure);
    }, [isReady]);
    // The page of a route shows what went wrong.
    if (failure !== undefined) throw failure;
    return Ready === undefined ? placeholder : <Ready {...(props as unknown as Props)} />;
  }
  return Object.assign(Later, { load });
}
