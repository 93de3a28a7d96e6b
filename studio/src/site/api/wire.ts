// The types of the AWS SDK as they are on the wire: instants are epoch seconds.
export type Wire<T> = T extends Date
  ? number
  : T extends readonly (infer Element)[]
    ? Wire<Element>[]
    : T extends object
      ? { [Member in keyof T]: Wire<T[Member]> }
      : T;
