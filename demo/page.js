// The page: what a person draws and types goes to networks.js, and what comes back is shown.
import { Digits, Poem, Sentiment, Translation, seeded } from "./networks.js";

const TEXTS = {
  en: {
    title: "Recurrent networks in your browser",
    promise: "Four networks of the cookbook, trained in its notebooks. They run on this page; nothing you draw or type leaves it.",
    digits: "A digit, read row by row",
    digits_how: "Draw with a finger, a mouse, or the keyboard: arrow keys move, the space bar puts ink down or lifts it. Then read.",
    paper: "paper to draw on", beliefs: "probability of each class after every row", read: "Read", clear: "Clear",
    blank: "There is nothing on the paper.", sees: "It reads {0}, {1} sure.",
    sentiment: "Is the review kind?", review: "A film review", judge: "Judge", says: "{0}, {1} sure",
    poem: "An acrostic in the rules of the Tang", acrostic: "The first characters of the four lines", compose: "Write",
    unknown: "The poet does not know one of these characters: {0}",
    translation: "A translation, and where it looked", sentence: "A sentence", translate: "Translate",
    missing: "This network was not shipped: run its recipe, then make demo.", working: "One moment …",
    footer: "Weights are stored in 8 bits. Arithmetic is the same as in Python, to 0.0001.",
  },
  zh: {
    title: "浏览器里的循环神经网络",
    promise: "食谱笔记本里训练的四个网络，就在本页运行;您画的、写的都不会离开本页。",
    digits: "逐行读数字",
    digits_how: "用手指、鼠标或键盘画：方向键移动，空格键落笔或提笔。然后点“读”。",
    paper: "画纸", beliefs: "每读一行后各类的概率", read: "读", clear: "清除",
    blank: "纸上什么都没有。", sees: "读作 {0}，把握 {1}。",
    sentiment: "影评是褒是贬？", review: "一段(英文)影评", judge: "判断", says: "{0}，把握 {1}",
    poem: "合唐人格律的藏头诗", acrostic: "四行的首字", compose: "作诗",
    unknown: "诗人不认识其中的字：{0}",
    translation: "翻译，以及它看着哪里", sentence: "一句话", translate: "翻译",
    missing: "没有这个网络：先运行它的食谱，再 make demo。", working: "请稍候……",
    footer: "权重以八位存储，算术与 Python 相同，误差不超过 0.0001。",
  },
};

const find = (id) => document.getElementById(id);
let language = "en";
const say = (key, ...values) => TEXTS[language][key].replace(/\{(\d)\}/g, (_, i) => values[i]);
const percent = (share) => `${Math.round(100 * share)} %`;

function translatePage() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = say(node.dataset.t);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
  find("language").textContent = language === "en" ? "中文" : "English";
  find("language").lang = language === "en" ? "zh" : "en";
}
find("language").onclick = () => {
  language = language === "en" ? "zh" : "en";
  translatePage();
};
translatePage();

const opened = new Map();
const open = (kind) => opened.get(kind) ?? opened.set(kind, kind.open()).get(kind);

// Runs `work` with an opened network, and says in `output` if that cannot be.
async function using(kind, output, work) {
  output.textContent = say("working");
  try {
    await work(await open(kind));
  } catch (error) {
    opened.delete(kind);
    output.textContent = error instanceof RangeError ? say("unknown", error.message) : say("missing");
    console.error(error);
  }
}

// -- the paper

const paper = find("paper"), ink = paper.getContext("2d", { willReadFrequently: true });
const cursor = { x: 140, y: 60, down: false };

function clear() {
  ink.fillStyle = "#fff";
  ink.fillRect(0, 0, paper.width, paper.height);
  Object.assign(cursor, { x: 140, y: 60, down: false });
  find("digit").textContent = "";
  find("beliefs").getContext("2d").clearRect(0, 0, 1000, 1000);
}

function line(x, y) {
  Object.assign(ink, { lineWidth: 22, lineCap: "round", lineJoin: "round", strokeStyle: "#000" });
  ink.beginPath();
  ink.moveTo(cursor.x, cursor.y);
  ink.lineTo(x, y + 0.01);
  ink.stroke();
}

function at(event) {
  const box = paper.getBoundingClientRect();
  return [((event.clientX - box.left) * paper.width) / box.width, ((event.clientY - box.top) * paper.height) / box.height];
}
paper.onpointerdown = (event) => {
  paper.setPointerCapture(event.pointerId);
  [cursor.x, cursor.y] = at(event);
  line(cursor.x, cursor.y);
};
paper.onpointermove = (event) => {
  if (!event.buttons) return;
  const [x, y] = at(event);
  line(x, y);
  Object.assign(cursor, { x, y });
};
paper.onkeydown = (event) => {
  const move = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, -10], ArrowDown: [0, 10] }[event.key];
  if (!move && event.key !== " ") return;
  event.preventDefault();
  if (event.key === " ") cursor.down = !cursor.down;
  const x = Math.min(Math.max(cursor.x + (move?.[0] ?? 0), 0), 280), y = Math.min(Math.max(cursor.y + (move?.[1] ?? 0), 0), 280);
  if (cursor.down) line(x, y);
  Object.assign(cursor, { x, y });
};
find("clear").onclick = clear;
clear();

// The drawing as the training images are: cut to the ink, in the middle five sevenths, centred by mass.
function prepared(size) {
  const { width, height } = paper, data = ink.getImageData(0, 0, width, height).data;
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let i = 0; i < width * height; i++) {
    if (data[4 * i] > 178) continue;
    const x = i % width, y = Math.floor(i / width);
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  }
  if (right < 0) return null;
  const scale = (size * 5) / 7 / Math.max(right - left + 1, bottom - top + 1);
  const small = Object.assign(document.createElement("canvas"), { width: size, height: size });
  const pen = small.getContext("2d", { willReadFrequently: true });
  const put = (x, y) => {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, size, size);
    pen.drawImage(paper, left, top, right - left + 1, bottom - top + 1, x, y, (right - left + 1) * scale, (bottom - top + 1) * scale);
    return Uint8Array.from({ length: size * size }, (_, i) => 255 - pen.getImageData(0, 0, size, size).data[4 * i]);
  };
  const image = put(0, 0);
  let mass = 0, mx = 0, my = 0;
  image.forEach((value, i) => {
    mass += value;
    mx += value * (i % size);
    my += value * Math.floor(i / size);
  });
  return put(Math.round((size - 1) / 2 - mx / mass), Math.round((size - 1) / 2 - my / mass));
}

find("read").onclick = () =>
  using(Digits, find("digit"), async (digits) => {
    const size = digits.height, image = prepared(size), picture = find("beliefs");
    if (!image) return void (find("digit").textContent = say("blank"));
    const pen = picture.getContext("2d"), wide = picture.width / digits.classes.length, tall = (picture.height - 20) / size;
    pen.clearRect(0, 0, picture.width, picture.height);
    pen.fillStyle = "#000";
    pen.font = "14px sans-serif";
    digits.classes.forEach((name, i) => pen.fillText(name, (i + 0.35) * wide, picture.height - 4));
    digits.start();
    let answer;
    for (let row = 0; row < size; row++) {
      answer = await digits.read(image.slice(row * size, (row + 1) * size));
      answer.forEach((chance, i) => {
        pen.fillStyle = `rgba(0, 114, 178, ${chance})`;
        pen.fillRect(i * wide, row * tall, wide - 1, tall);
      });
    }
    const best = answer.indexOf(Math.max(...answer));
    find("digit").textContent = say("sees", digits.classes[best], percent(answer[best]));
  });

// -- words

const on = (form, work) =>
  find(form).addEventListener("submit", (event) => {
    event.preventDefault();
    work();
  });

on("sentiment-form", () =>
  using(Sentiment, find("verdict"), async (sentiment) => {
    const { tokens, probabilities, pushes } = await sentiment.explain(find("review").value);
    const best = probabilities.indexOf(Math.max(...probabilities));
    find("verdict").textContent = say("says", sentiment.classes[best], percent(probabilities[best]));
    const most = Math.max(...pushes.map(Math.abs), 1e-9);
    find("pushes").replaceChildren(
      ...tokens.slice(0, pushes.length).map((token, i) => {
        const word = Object.assign(document.createElement("span"), { className: "word", textContent: token });
        word.title = pushes[i].toFixed(3);
        const colour = pushes[i] > 0 ? "0, 114, 178" : "213, 94, 0";
        word.style.borderBottomColor = `rgba(${colour}, ${Math.abs(pushes[i]) / most})`;
        return word;
      }),
    );
  }),
);

let poems = 0;
on("poem-form", () =>
  using(Poem, find("poem"), async (poet) => {
    const poem = await poet.write(find("acrostic").value.trim(), seeded(++poems));
    find("poem").textContent = [0, 7, 14, 21].map((start) => poem.slice(start, start + 7).join("")).join("\n");
  }),
);

on("translation-form", () =>
  using(Translation, find("translated"), async (translator) => {
    const { text, read, written, attention } = await translator.translate(find("sentence").value);
    find("translated").textContent = text;
    const cell = (kind, text) => Object.assign(document.createElement(kind), { textContent: text });
    const table = document.createElement("table"), head = document.createElement("tr");
    head.append(cell("th", ""), ...read.map((piece) => cell("th", piece)));
    table.append(head);
    written.forEach((piece, i) => {
      const row = document.createElement("tr");
      row.append(cell("th", piece));
      for (const weight of attention[i]) {
        const box = cell("td", "");
        box.title = percent(weight);
        box.style.backgroundColor = `rgba(0, 114, 178, ${weight})`;
        row.append(box);
      }
      table.append(row);
    });
    find("attention").replaceChildren(table);
  }),
);

window.networks = { Digits, Poem, Sentiment, Translation, open, prepared }; // for tests, and for the curious
