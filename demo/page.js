// The page: what a person draws and types goes to networks.js, and what comes back is shown.
import { Digits, Missing, Poem, Sentiment, Translation, Unknown, WEIGHED, seeded } from "./networks.js";

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
    weighed: "+ pushes towards “{0}”, − away from it. Of a long review only the first {1} words are weighed.",
    looked: "Where it looked: a row for each piece written, a column for each piece read",
    missing: "This network was not shipped: run its recipe, then make demo.", working: "One moment …",
    failed: "That did not work: {0}",
    footer: "The networks for texts store their weights in 8 bits, that for digits in 32. Python gives the same answers with the same files, to 0.0001.",
  },
  zh: {
    title: "浏览器里的循环神经网络",
    promise: "食谱笔记本里训练的四个网络，就在本页运行；您画的、写的都不会离开本页。",
    digits: "逐行读数字",
    digits_how: "用手指、鼠标或键盘画：方向键移动，空格键落笔或提笔。然后点“读”。",
    paper: "画纸", beliefs: "每读一行后各类的概率", read: "读", clear: "清除",
    blank: "纸上什么都没有。", sees: "读作 {0}，把握 {1}。",
    sentiment: "影评是褒是贬？", review: "一段（英文）影评", judge: "判断", says: "{0}，把握 {1}",
    poem: "合唐人格律的藏头诗", acrostic: "四行的首字", compose: "作诗",
    unknown: "诗人不认识其中的字：{0}",
    translation: "翻译，以及它看着哪里", sentence: "一句话", translate: "翻译",
    weighed: "+ 推向“{0}”，− 推离它。影评很长时，只衡量前 {1} 个词。",
    looked: "它看着哪里：每写一片为一行，每读一片为一列",
    missing: "没有这个网络：先运行它的食谱，再 make demo。", working: "请稍候……",
    failed: "没有成功：{0}",
    footer: "文字网络的权重以八位存储，数字网络的以三十二位存储。用同样的文件，Python 给出同样的答案，误差不超过 0.0001。",
  },
};

const find = (id) => document.getElementById(id);
let language = "en";
const say = (key, ...values) => TEXTS[language][key].replace(/\{(\d)\}/g, (_, i) => values[i]);
const percent = (share) => `${Math.round(100 * share)} %`;

// What an output shows is kept, to be said again in the other language; a key of null is text as it is.
const shown = new Map();

function show(output, key, ...values) {
  shown.set(output, [key, values]);
  output.textContent = key === null ? values[0] : say(key, ...values);
}

function translatePage() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = say(node.dataset.t);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
  for (const [output, [key, values]] of shown) show(output, key, ...values);
  find("language").textContent = language === "en" ? "中文" : "English";
  find("language").lang = language === "en" ? "zh" : "en";
}
find("language").onclick = () => {
  language = language === "en" ? "zh" : "en";
  translatePage();
};
translatePage();

const opened = new Map();

function open(kind) {
  if (!opened.has(kind)) {
    const opening = kind.open();
    opened.set(kind, opening);
    opening.catch(() => opened.delete(kind)); // the next one tries again
  }
  return opened.get(kind);
}

// Runs `work` with an opened network, once at a time, and says in `output` if that cannot be.
async function using(kind, output, button, work) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true"); // it keeps the focus, which `disabled` would lose
  show(output, "working");
  try {
    await work(await open(kind));
  } catch (error) {
    if (error instanceof Unknown) show(output, "unknown", error.message);
    else if (error instanceof Missing) show(output, "missing");
    else {
      show(output, "failed", error.message);
      console.error(error);
    }
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

const cell = (kind, text, about = {}) => Object.assign(document.createElement(kind), { textContent: text }, about);
const hidden = (text) => cell("span", text, { className: "hidden" }); // for those who hear the page
const frame = () => new Promise((done) => (requestAnimationFrame(done), setTimeout(done, 100)));

// -- the paper

const paper = find("paper"), ink = paper.getContext("2d", { willReadFrequently: true });
const cursor = { x: 140, y: 60, down: false };

let turns = 0; // a reading of a paper that was cleared meanwhile is dropped

function movePen() {
  const pen = find("pen");
  pen.style.left = `${(100 * cursor.x) / paper.width}%`;
  pen.style.top = `${(100 * cursor.y) / paper.height}%`;
  pen.classList.toggle("down", cursor.down);
}

function clear() {
  ink.fillStyle = "#fff";
  ink.fillRect(0, 0, paper.width, paper.height);
  Object.assign(cursor, { x: 140, y: 60, down: false });
  movePen();
  turns++;
  show(find("digit"), null, "");
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
  movePen();
};
paper.onkeydown = (event) => {
  const move = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, -10], ArrowDown: [0, 10] }[event.key];
  if (!move && event.key !== " ") return;
  event.preventDefault();
  if (event.key === " ") cursor.down = !cursor.down;
  const x = Math.min(Math.max(cursor.x + (move?.[0] ?? 0), 0), 280), y = Math.min(Math.max(cursor.y + (move?.[1] ?? 0), 0), 280);
  if (cursor.down) line(x, y);
  Object.assign(cursor, { x, y });
  movePen();
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
    const { data } = pen.getImageData(0, 0, size, size);
    return Uint8Array.from({ length: size * size }, (_, i) => 255 - data[4 * i]);
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

find("read").onclick = (event) => {
  const turn = turns; // `clear` makes it another
  using(Digits, find("digit"), event.currentTarget, async (digits) => {
    if (turn !== turns) return;
    const size = digits.height, image = prepared(size), picture = find("beliefs");
    if (!image) return void show(find("digit"), "blank");
    const pen = picture.getContext("2d"), wide = picture.width / digits.classes.length, tall = (picture.height - 20) / size;
    pen.clearRect(0, 0, picture.width, picture.height);
    pen.fillStyle = "#000";
    pen.font = "14px sans-serif";
    digits.classes.forEach((name, i) => pen.fillText(name, (i + 0.35) * wide, picture.height - 4));
    let answer, states = digits.start();
    for (let row = 0; row < size; row++) {
      [answer, states] = await digits.read(image.slice(row * size, (row + 1) * size), states);
      if (turn !== turns) return;
      answer.forEach((chance, i) => {
        pen.fillStyle = `rgba(0, 114, 178, ${chance})`;
        pen.fillRect(i * wide, row * tall, wide - 1, tall);
      });
      await frame(); // so that one sees it read
      if (turn !== turns) return;
    }
    const best = answer.indexOf(Math.max(...answer));
    show(find("digit"), "sees", digits.classes[best], percent(answer[best]));
  });
};

// -- words

const on = (form, kind, output, work) =>
  find(form).addEventListener("submit", (event) => {
    event.preventDefault();
    using(kind, find(output), find(form).querySelector("button"), (network) => work(network, find(output)));
  });

on("sentiment-form", Sentiment, "verdict", async (sentiment, output) => {
  const { tokens, probabilities, pushes } = await sentiment.explain(find("review").value);
  const best = probabilities.indexOf(Math.max(...probabilities));
  show(output, "says", sentiment.classes[best], percent(probabilities[best]));
  show(find("weighed"), "weighed", sentiment.classes.at(-1), WEIGHED);
  const most = Math.max(...pushes.map(Math.abs), 1e-9);
  const words = tokens.slice(0, pushes.length).map((token, i) => {
    const share = Math.abs(pushes[i]) / most, sign = pushes[i] > 0 ? "+" : "−";
    const word = cell("span", token, { className: "word", title: pushes[i].toFixed(3) });
    word.style.borderBottomColor = `rgba(${pushes[i] > 0 ? "0, 114, 178" : "213, 94, 0"}, ${share})`;
    if (share > 0.1) word.prepend(cell("small", sign));
    word.append(hidden(` ${sign}${Math.abs(pushes[i]).toFixed(2)} `));
    return word;
  });
  find("pushes").replaceChildren(...words);
});

let poems = 0;
on("poem-form", Poem, "poem", async (poet, output) => {
  const poem = await poet.write(find("acrostic").value.trim(), seeded(++poems));
  show(output, null, [0, 7, 14, 21].map((start) => poem.slice(start, start + 7).join("")).join("\n"));
});

on("translation-form", Translation, "translated", async (translator, output) => {
  const { text, read, written, attention } = await translator.translate(find("sentence").value);
  show(output, null, text);
  const table = cell("table", ""), head = cell("tr", "");
  head.append(cell("td", ""), ...read.map((piece) => cell("th", piece, { scope: "col" })));
  table.append(head);
  written.forEach((piece, i) => {
    const row = cell("tr", "");
    row.append(cell("th", piece, { scope: "row" }));
    for (const weight of attention[i]) {
      const box = cell("td", "", { title: percent(weight) });
      box.style.backgroundColor = `rgba(0, 114, 178, ${weight})`;
      box.append(hidden(percent(weight)));
      row.append(box);
    }
    table.append(row);
  });
  find("attention").replaceChildren(table);
});

window.networks = { Digits, Poem, Sentiment, Translation, open, prepared }; // for tests, and for the curious
