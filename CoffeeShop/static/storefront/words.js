/** Texts that the page brought along, money, times and distances in the reader's language. */
const NIGHT_MS = 12 * 3600_000;
const EIGHTS = /8+/;

export class Words {
  #texts;
  #plural;
  #shelf;
  #formats = new Map(); // by currency
  #affixesOf = new Map(); // by currency
  language;
  currency = "USD";

  /** @param {Record<string, string | Record<string, string>>} texts plural texts are objects by plural category */
  constructor(texts, language, shelf) {
    [this.#texts, this.#shelf] = [texts, shelf];
    this.language = language;
    this.#plural = new Intl.PluralRules(language);
  }

  /** `{name}` in the text becomes `values.name`; `{n}` chooses among plural forms. */
  text(name, values = {}) {
    const entry = this.#texts[name] ?? name;
    const text = typeof entry === "string" ? entry : (entry[this.#plural.select(values.n)] ?? entry.other);
    return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
  }

  has(name) {
    return name in this.#texts;
  }

  /** @param {string | number} amount a decimal text of the API, or cents of ours */
  money(amount, currency = this.currency) {
    const value = typeof amount === "number" ? (amount / 100).toFixed(2) : amount;
    const [, whole, part] = /^(\d{1,3})\.(\d\d)$/.exec(value) ?? [];
    const [prefix, separator, suffix] = whole ? this.#affixes(currency) : [];
    if (suffix === undefined) return this.#format(currency).format(value);
    return prefix + whole + separator + part + suffix;
  }

  /** Prefix, decimal separator and suffix of amounts below a thousand; fewer than three where there are no cents. */
  #affixes(currency) {
    if (!this.#affixesOf.has(currency)) this.#affixesOf.set(currency, this.#example(currency).split(EIGHTS));
    return this.#affixesOf.get(currency);
  }

  /** 888.88, kept for the next visit: making the first format of a page takes a phone a tenth of a second. */
  #example(currency) {
    const name = `money.${this.language}.${currency}`;
    const kept = this.#shelf.read(name);
    if (typeof kept === "string" && kept.split(EIGHTS).length === 3) return kept;
    const example = this.#format(currency).format("888.88");
    this.#shelf.write(name, example);
    return example;
  }

  #format(currency) {
    if (!this.#formats.has(currency)) {
      const options = { style: "currency", currency, currencyDisplay: "narrowSymbol" };
      this.#formats.set(currency, new Intl.NumberFormat(this.language, options));
    }
    return this.#formats.get(currency);
  }

  /** Text of a discount: a code and by how much, or what was free. */
  discount({ code, detail }) {
    return code ? [code.toUpperCase(), detail].filter(Boolean).join(" · ") : this.text("freeCup", { name: detail });
  }

  /** A time of day at the branch, with the day in front unless it is today. */
  time(moment, timeZone) {
    const [at, now] = [new Date(moment), new Date()];
    const time = this.#formatDate(at, { hour: "numeric", minute: "2-digit", timeZone });
    if (this.day(at, timeZone) === this.day(now, timeZone)) return time;
    if (at > now && at - now < NIGHT_MS) return time; // two in the morning is tonight
    return `${this.#formatDate(at, { weekday: "short", day: "numeric", month: "short", timeZone })}, ${time}`;
  }

  /** A date at the branch as the API writes it. */
  day(moment, timeZone) {
    return new Intl.DateTimeFormat("en-CA", { timeZone }).format(new Date(moment));
  }

  date(moment, timeZone) {
    return this.#formatDate(new Date(moment), { weekday: "long", day: "numeric", month: "long", timeZone });
  }

  /** "in 6 min", "3 min ago" */
  fromNow(moment) {
    const minutes = Math.round((new Date(moment) - Date.now()) / 60_000);
    const format = new Intl.RelativeTimeFormat(this.language, { style: "short", numeric: "auto" });
    if (Math.abs(minutes) < 60) return format.format(minutes, "minute");
    if (Math.abs(minutes) < 60 * 24) return format.format(Math.round(minutes / 60), "hour");
    return format.format(Math.round(minutes / 60 / 24), "day");
  }

  distance(metres) {
    const [value, unit] = metres < 1000 ? [Math.round(metres / 10) * 10, "meter"] : [metres / 1000, "kilometer"];
    const digits = value < 10 ? 1 : 0;
    return new Intl.NumberFormat(this.language, { style: "unit", unit, maximumFractionDigits: digits }).format(value);
  }

  #formatDate(date, options) {
    return new Intl.DateTimeFormat(this.language, options).format(date);
  }
}

/** Money is counted in whole cents. */
export function cents(amount) {
  return Math.round(Number(amount) * 100);
}
