// The filter as a person writes it: `metrics.loss.last < 0.2 and parameters.lr = "0.1"`.
//
//     filter     = both { "or" both }
//     both       = part { "and" part }
//     part       = "(" filter ")" | condition | name "[" condition { "and" condition } "]"
//     condition  = name operator value | name ["not"] "in" "(" value { "," value } ")" | name ["not"] "exists"
//     operator   = "=" "!=" "<" "<=" ">" ">=" "contains"
//     name       = a word, or any text between backquotes; value = a word, or any text between quotes
//
// `name [ ... ]` holds for one element of a list: `Parents[TrialName = a and ExperimentName = b]`.

export type Operator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "contains" | "exists" | "not exists" | "in" | "not in";

export const OPERATORS: readonly Operator[] = [
  "=",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "contains",
  "in",
  "not in",
  "exists",
  "not exists",
];

export interface Condition {
  type: "condition";
  name: string;
  operator: Operator;
  /** None for `exists`, several for `in`. */
  values: string[];
}

export type Filter =
  | Condition
  | { type: "and" | "or"; parts: Filter[] }
  | { type: "element"; name: string; parts: Condition[] };

export type ParsedFilter =
  | { filter: Filter | undefined; error?: undefined }
  | { filter?: undefined; error: string; at: number };

/** Levels of parentheses; Search takes 20. */
const DEEPEST = 18;

/** No filter of an empty text. */
export function parseFilter(text: string): ParsedFilter {
  try {
    const parser = new Parser(tokensOf(text), text.length);
    return { filter: parser.whole() };
  } catch (error) {
    if (error instanceof Refusal) return { error: error.message, at: error.at };
    throw error;
  }
}

export function printFilter(filter: Filter | undefined): string {
  if (filter === undefined) return "";
  switch (filter.type) {
    case "condition":
      return printCondition(filter);
    case "element":
      return `${printName(filter.name)}[${filter.parts.map(printCondition).join(" and ")}]`;
    default:
      return filter.parts
        .map((part) => (part.type === "or" || part.type === "and" ? `(${printFilter(part)})` : printFilter(part)))
        .join(` ${filter.type} `);
  }
}

/** The conditions that all have to hold; undefined for a filter of another form. */
export function conditionsOf(filter: Filter | undefined): Condition[] | undefined {
  if (filter === undefined) return [];
  if (filter.type === "condition") return [filter];
  if (filter.type !== "and") return undefined;
  const conditions = filter.parts.filter((part) => part.type === "condition");
  return conditions.length === filter.parts.length ? conditions : undefined;
}

export function allOf(parts: readonly Filter[]): Filter | undefined {
  return parts.length < 2 ? parts[0] : { type: "and", parts: [...parts] };
}

export function printCondition({ name, operator, values }: Condition): string {
  const shown = printName(name);
  if (operator === "exists" || operator === "not exists") return `${shown} ${operator}`;
  if (operator === "in" || operator === "not in") return `${shown} ${operator} (${values.map(printValue).join(", ")})`;
  return `${shown} ${operator} ${printValue(values[0] ?? "")}`;
}

const WORD = /[^\s()[\],"'`=!<>]+/y;
const RESERVED = new Set(["and", "or", "not", "in", "exists", "contains"]);

function isWord(text: string): boolean {
  WORD.lastIndex = 0;
  return WORD.exec(text)?.[0] === text && !RESERVED.has(text.toLowerCase());
}

export function printName(name: string): string {
  return isWord(name) ? name : `\`${name.replace(/[\\`]/g, "\\$&")}\``;
}

export function printValue(value: string): string {
  return isWord(value) ? value : `"${value.replace(/[\\"]/g, "\\$&")}"`;
}

class Refusal extends Error {
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}

interface Token {
  kind: "word" | "quoted" | "name" | "sign";
  text: string;
  at: number;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const sign = text[at] as string;
    if (/\s/.test(sign)) {
      at++;
    } else if (sign === '"' || sign === "'" || sign === "`") {
      const quoted = quotedAt(text, at, sign);
      tokens.push({ kind: sign === "`" ? "name" : "quoted", text: quoted.text, at });
      at = quoted.end;
    } else {
      const operator = /^(<=|>=|!=|==|<>|[<>=()[\],])/.exec(text.slice(at, at + 2))?.[0];
      WORD.lastIndex = at;
      const word = operator === undefined ? WORD.exec(text)?.[0] : undefined;
      const found = operator ?? word;
      if (found === undefined) throw new Refusal(`"${sign}" means nothing here`, at);
      tokens.push({ kind: operator === undefined ? "word" : "sign", text: found, at });
      at += found.length;
    }
  }
  return tokens;
}

function quotedAt(text: string, start: number, quote: string): { text: string; end: number } {
  let found = "";
  for (let at = start + 1; at < text.length; at++) {
    const sign = text[at] as string;
    if (sign === quote) return { text: found, end: at + 1 };
    if (sign === "\\" && at + 1 < text.length) found += text[++at];
    else found += sign;
  }
  throw new Refusal(`the ${quote} here has no end`, start);
}

class Parser {
  #next = 0;
  #depth = 0;

  constructor(
    readonly tokens: Token[],
    readonly end: number,
  ) {}

  whole(): Filter | undefined {
    if (this.tokens.length === 0) return undefined;
    const filter = this.#either();
    const rest = this.tokens[this.#next];
    if (rest !== undefined) throw new Refusal(`"and" or "or" is missing before "${rest.text}"`, rest.at);
    return filter;
  }

  #either(): Filter {
    const parts = [this.#both()];
    while (this.#takes("or")) parts.push(this.#both());
    return parts.length === 1 ? (parts[0] as Filter) : { type: "or", parts };
  }

  #both(): Filter {
    const parts = [this.#part()];
    while (this.#takes("and")) parts.push(this.#part());
    return parts.length === 1 ? (parts[0] as Filter) : { type: "and", parts };
  }

  #part(): Filter {
    if (this.#takesSign("(")) {
      if (++this.#depth > DEEPEST) throw new Refusal("there are too many parentheses inside each other", this.#at());
      const inner = this.#either();
      this.#depth--;
      this.#expect(")");
      return inner;
    }
    const name = this.#name();
    if (!this.#takesSign("[")) return this.#condition(name);
    const parts = [this.#condition(this.#name())];
    while (this.#takes("and")) parts.push(this.#condition(this.#name()));
    this.#expect("]");
    return { type: "element", name, parts };
  }

  #condition(name: string): Condition {
    const token = this.tokens[this.#next];
    const word = token?.kind === "word" ? token.text.toLowerCase() : "";
    if (token?.kind === "sign" && /^[<>=!]/.test(token.text)) {
      this.#next++;
      const operator = ({ "==": "=", "<>": "!=" }[token.text] ?? token.text) as Operator;
      return { type: "condition", name, operator, values: [this.#value()] };
    }
    if (word === "contains") {
      this.#next++;
      return { type: "condition", name, operator: "contains", values: [this.#value()] };
    }
    const isNot = this.#takes("not");
    if (this.#takes("exists")) {
      return { type: "condition", name, operator: isNot ? "not exists" : "exists", values: [] };
    }
    if (this.#takes("in")) {
      this.#expect("(");
      const values = [this.#value()];
      while (this.#takesSign(",")) values.push(this.#value());
      this.#expect(")");
      return { type: "condition", name, operator: isNot ? "not in" : "in", values };
    }
    throw new Refusal(`an operator is missing after ${name}: ${OPERATORS.join(" ")}`, this.#at());
  }

  #name(): string {
    const token = this.tokens[this.#next];
    const isReserved = token?.kind === "word" && RESERVED.has(token.text.toLowerCase());
    if (token === undefined || isReserved || (token.kind !== "word" && token.kind !== "name")) {
      throw new Refusal("the name of a property is missing, such as metrics.loss.last", this.#at());
    }
    this.#next++;
    return token.text;
  }

  #value(): string {
    const token = this.tokens[this.#next];
    if (token === undefined || (token.kind !== "word" && token.kind !== "quoted")) {
      throw new Refusal('a value is missing: a number, a word, or a text in "quotes"', this.#at());
    }
    this.#next++;
    return token.text;
  }

  #takes(word: string): boolean {
    const token = this.tokens[this.#next];
    if (token?.kind !== "word" || token.text.toLowerCase() !== word) return false;
    this.#next++;
    return true;
  }

  #takesSign(sign: string): boolean {
    const token = this.tokens[this.#next];
    if (token?.kind !== "sign" || token.text !== sign) return false;
    this.#next++;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#takesSign(sign)) throw new Refusal(`a "${sign}" is missing`, this.#at());
  }

  #at(): number {
    return this.tokens[this.#next]?.at ?? this.end;
  }
}
