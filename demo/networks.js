// The exported networks in a browser: from strokes and strings to answers. No page in here; see page.js.
import * as ort from "./ort.wasm.min.mjs";

const PAD = 0, UNK = 1, START = 2, END = 3;

// -- files

export class Missing extends Error {} // a file that is not there
export class Unknown extends Error {} // characters that no network knows

// A file as bytes. It is stored packed; a server may have unpacked it on the way.
async function unpacked(name) {
  const answer = await fetch(name);
  if (answer.status === 404) throw new Missing(name);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  const bytes = await answer.arrayBuffer(), [first, second] = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength));
  if (first !== 0x1f || second !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

let ready; // the runtime is fetched once, when the first network is asked for

async function fetchRuntime() {
  ort.env.wasm.wasmBinary = await unpacked("./ort-wasm-simd-threaded.wasm.gz");
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = { mjs: new URL("./ort-wasm-simd-threaded.mjs", import.meta.url).href };
  ort.env.logLevel = "error";
}

function runtime() {
  ready ??= fetchRuntime().catch((error) => {
    ready = undefined; // the next one tries again
    throw error;
  });
  return ready;
}

// Lets the page draw and hear its reader.
const pause = () => new Promise((done) => setTimeout(done));

class File {
  constructor(session, notes) {
    this.session = session;
    this.notes = notes;
  }

  static async open(name) {
    const [bytes, notes] = await Promise.all([
      unpacked(`./models/${name}.onnx.gz`),
      unpacked(`./models/${name}.json.gz`),
      runtime(),
    ]);
    const session = await ort.InferenceSession.create(new Uint8Array(bytes), { logSeverityLevel: 3 });
    return new File(session, JSON.parse(new TextDecoder().decode(notes)));
  }

  // Tensors in the order of the file's inputs → tensors in the order of its outputs.
  async run(...tensors) {
    const given = Object.fromEntries(this.session.inputNames.map((name, i) => [name, tensors[i]]));
    const found = await this.session.run(given);
    return this.session.outputNames.map((name) => found[name]);
  }
}

const int32 = (numbers, shape) => new ort.Tensor("int32", Int32Array.from(numbers), shape);
const zeros = (...shape) => new ort.Tensor("float32", new Float32Array(shape.reduce((a, b) => a * b)), shape);

function argmax(numbers) {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) if (numbers[i] > numbers[best]) best = i;
  return best;
}

// -- digits: one row a call, the states stay with the caller

export class Digits {
  static async open() {
    const digits = new Digits();
    digits.file = await File.open("digits_step");
    digits.classes = digits.file.notes.classes;
    digits.height = digits.file.notes.height;
    return digits;
  }

  // The states before the first row.
  start() {
    return this.file.notes.states.map((size) => zeros(1, size));
  }

  // A row of bytes and the states → probabilities of the classes so far, and the new states.
  async read(row, states) {
    const [answer, ...after] = await this.file.run(new ort.Tensor("uint8", row, [1, row.length]), ...states);
    return [Array.from(answer.data), after];
  }
}

// -- texts: the twins of helpers.text.normalise and tokenise

const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u; // as Python has it
const squeezed = (text) => text.split(SPACE).filter(Boolean).join(" ");
const composed = (text) => text.normalize("NFC");
const plain = (text) => text.replace(/[’‘ʼ＇]/g, "'");

export function normalise(text) {
  return squeezed(plain(composed(text).replace(/[\u00ad\u200b\u2060\ufeff]/g, "")));
}

const SPACELESS =
  "\\u3005-\\u3007\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{323af}";
const WORD = "[\\p{L}\\p{N}_]";
const SUFFIX = `'(?:s|m|d|ll|re|ve)(?!${WORD})`;
const TOKEN = new RegExp(
  [
    `[a-z]+(?:'[a-z]+)*(?!${WORD})`,
    `(?![${SPACELESS}\\p{Nd}])[\\p{L}\\p{N}](?:(?![${SPACELESS}])[\\p{L}\\p{N}])*`,
    SUFFIX,
    "\\p{Nd}+(?:[.,:/]\\p{Nd}+)*[a-z]*",
    `[${SPACELESS}]`,
    "\\.{1,3}|!{1,3}|\\?{1,3}|--+",
    "[,;:()&%$£€/+…—–]",
    "[\\u2190-\\u2bff\\u3001-\\u3003\\u3008-\\u3020\\uff01-\\uff65\\u{1f000}-\\u{1faff}]",
  ].join("|"),
  "gu",
);

function unescaped(text) {
  const area = document.createElement("textarea");
  area.innerHTML = text.replaceAll("<", "&lt;");
  return area.value;
}

export function tokenise(text) {
  if (text.includes("&")) text = unescaped(text);
  text = squeezed(plain(composed(text.replace(/<\/?[a-zA-Z][^<>]{0,200}>/gu, " "))).toLowerCase());
  if (text.includes("'")) text = text.replaceAll("n't", " n't").replace(new RegExp(SUFFIX, "gu"), " $&");
  return text.match(TOKEN) ?? [];
}

export const WEIGHED = 80; // words of a review whose push is found at most

export class Sentiment {
  static async open() {
    const sentiment = new Sentiment();
    sentiment.file = await File.open("sentiment");
    const { tokens, keep, classes } = sentiment.file.notes;
    sentiment.ids = new Map(tokens.map((token, number) => [token, number]));
    sentiment.ids.delete(tokens[PAD]);
    Object.assign(sentiment, { keep, classes });
    return sentiment;
  }

  // Rows of tokens → probabilities (rows, classes).
  async score(rows) {
    const [head, tail] = this.keep;
    const ids = rows.map((tokens) => {
      const row = tokens.map((token) => this.ids.get(token) ?? UNK);
      const cut = row.length > head + tail ? [...row.slice(0, head), ...row.slice(-tail)] : row;
      return cut.length ? cut : [UNK];
    });
    const length = Math.max(...ids.map((row) => row.length));
    const padded = ids.flatMap((row) => [...row, ...Array(length - row.length).fill(PAD)]);
    const [found] = await this.file.run(int32(padded, [ids.length, length]));
    const classes = found.dims[1];
    return rows.map((_, i) => Array.from(found.data.slice(i * classes, (i + 1) * classes)));
  }

  // A text → its probabilities, and by how much each of its first words pushes towards the last class.
  async explain(text, most = WEIGHED) {
    const tokens = tokenise(text), found = [];
    const rows = [tokens, ...tokens.slice(0, most).map((_, i) => tokens.filter((_, j) => j !== i))];
    for (let start = 0; start < rows.length; start += 8) {
      found.push(...(await this.score(rows.slice(start, start + 8))));
      await pause();
    }
    const [whole, ...others] = found, last = whole.length - 1;
    return { tokens, probabilities: whole, pushes: others.map((row) => whole[last] - row[last]) };
  }
}

// -- translation

// Byte pairs as SentencePiece merges them: always the neighbours whose union has the best score.
export function pieces(text, known) {
  const line = normalise(text).replaceAll(" ", "▁"); // as the training sentences were
  const symbols = line ? [..."▁" + line] : [];
  for (;;) {
    let best = -1, score = -Infinity;
    for (let i = 0; i + 1 < symbols.length; i++) {
      const found = known.get(symbols[i] + symbols[i + 1]);
      if (found && found.score > score) [best, score] = [i, found.score];
    }
    if (best < 0) break;
    symbols.splice(best, 2, symbols[best] + symbols[best + 1]);
  }
  const joined = []; // neighbours that are unknown become one
  for (const symbol of symbols) {
    const unknown = !known.has(symbol);
    if (unknown && joined.length && !known.has(joined.at(-1))) joined.push(joined.pop() + symbol);
    else joined.push(symbol);
  }
  return joined;
}

export class Translation {
  static async open() {
    const translation = new Translation();
    [translation.encoder, translation.step] = await Promise.all([
      File.open("translation_encoder"),
      File.open("translation_step"),
    ]);
    const { source, target } = translation.encoder.notes; // [piece, score] each
    translation.known = new Map(source.map(([piece, score], id) => [piece, { id, score }]).slice(4));
    translation.target = target.map(([piece]) => piece);
    return translation;
  }

  // A sentence → its translation, the pieces of both, the attention (written, read); and for each step, the
  // last one included, the piece that was chosen and the scores of all.
  async translate(text) {
    const read = pieces(text, this.known).slice(0, 200);
    const ids = [...read.map((piece) => this.known.get(piece)?.id ?? UNK), END];
    const written = [], attention = [], steps = [];
    let [state, ...memory] = await this.encoder.run(int32(ids, [1, ids.length]));
    for (let token = START, turn = 0; read.length && turn < 2 * ids.length + 10; turn++) {
      const [logits, after, weights] = await this.step.run(int32([token], [1]), state, ...memory);
      const scores = Array.from(logits.data);
      logits.data[PAD] = logits.data[START] = -Infinity;
      token = argmax(logits.data);
      steps.push({ token, scores, looked: Array.from(weights.data) });
      if (token === END) break;
      state = after;
      const { looked } = steps.at(-1);
      attention.push(looked);
      const place = argmax(looked.slice(0, read.length));
      written.push(token === UNK ? read[place].replace(/^▁+|▁+$/g, "") : this.target[token]);
    }
    const text_ = written.join("").replaceAll("▁", " ").replace(/^ /, "");
    return { text: text_, read: [...read, "·"], written, attention, ids, steps };
  }
}

// -- poems: seven characters a line, four lines, in the rules of recipe 04

export class Poem {
  static async open() {
    const poem = new Poem();
    poem.file = await File.open("poem_step");
    Object.assign(poem, poem.file.notes);
    poem.ids = new Map(poem.tokens.map((token, number) => [token, number]));
    return poem;
  }

  // The characters so far → scores of the next one. `states` is what the call before gave.
  async next(token, place, states) {
    states ??= this.states.map((size) => zeros(1, size));
    const where = [7 + (place % 7), 6 + Math.floor(place / 7)];
    const given = [token, ...where].map((number) => int32([number], [1]));
    const [scores, ...after] = await this.file.run(...given, ...states);
    return [Array.from(scores.data), after];
  }

  // Which characters may stand here: in tone, in rhyme with the lines that rhyme, none twice, and none
  // of `first`, with which the lines begin.
  allowed(written, pattern, first) {
    const place = written.length, line = Math.floor(place / 7);
    const wanted = { P: 1, Z: 2 }[pattern[line][place % 7]] ?? 3;
    const rhyming = (number) => number % 2 === 1 || (number === 0 && pattern[0].at(-1) === "P");
    let classes = null;
    if (place % 7 === 6 && rhyming(line)) {
      for (let i = 0; i < line; i++) {
        const own = rhyming(i) ? this.rhymes[written[7 * i + 6]] : [];
        const shared = classes ? own.filter((x) => classes.includes(x)) : own;
        if (own.length) classes = shared.length ? shared : classes;
      }
    }
    return (id) =>
      id >= 4 && this.tones[id] & wanted && !written.includes(id) && !first.includes(id) &&
      (!classes?.length || this.rhymes[id].some((x) => classes.includes(x)));
  }

  // The first characters of the lines → 28 characters; `random` gives numbers from 0 to 1.
  async write(first, random, temperature = 1, least = 0.01) {
    const forced = [...first].map((character) => this.ids.get(character));
    if (forced.some((id) => id === undefined || id < 4)) throw new Unknown(first);
    const misfits = (pattern) =>
      forced.filter((id, line) => !(this.tones[id] & ({ P: 1, Z: 2 }[pattern[line][0]] ?? 3))).length;
    const pattern = Object.values(this.patterns).sort((a, b) => misfits(a) - misfits(b))[0];
    const written = [];
    for (let place = 0, token = START, states; place < 28; place++) {
      let scores;
      [scores, states] = await this.next(token, place, states);
      const fits = this.allowed(written, pattern, forced), line = place / 7;
      if (place % 7 === 0 && line < forced.length) token = forced[line];
      else token = draw(scores.map((score, id) => (fits(id) ? score : score - 1e9)), random, temperature, least);
      written.push(token);
    }
    return written.map((id) => this.tokens[id]);
  }
}

function draw(scores, random, temperature, least) {
  const best = Math.max(...scores);
  const chances = scores.map((score) => Math.exp((score - best) / temperature));
  const kept = chances.map((chance) => (chance >= least ? chance : 0));
  let left = random() * kept.reduce((a, b) => a + b);
  return Math.max(kept.findIndex((chance) => (left -= chance) < 0), 0) || argmax(scores);
}

// Numbers from 0 to 1, the same for the same seed.
export function seeded(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
