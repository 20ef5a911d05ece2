// The order of search results: first what has the words in its title, then the pages that lead to single
// cells, then recipes, and behind them studies and figures. The other numbers are Sphinx's own.
var Scorer = {
  score: ([page, title, anchor, description, score]) => {
    if (/^docs\/(want|glossary)$/.test(page)) return score + 3;
    return /_study$|^benchmarks|^data|^CHANGELOG|^CONTRIBUTING/.test(page) ? score - 1 : score;
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
