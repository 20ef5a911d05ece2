// Boxes that scroll sideways can be reached with the keyboard, and say what they are.
function reachable() {
  for (const box of document.querySelectorAll(".highlight pre, .output, .table-wrapper, .cell_output pre, math")) {
    if (box.scrollWidth > box.clientWidth + 1) {
      box.tabIndex = 0;
      if (box.tagName === "math") continue; // it has a role of its own
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", box.closest(".cell_input") ? "code" : "output or table");
    }
  }
}
window.addEventListener("load", reachable);
window.addEventListener("resize", reachable);
