// The reader keeps the place when the language changes: the pages of all languages have the same
// headings and cells, in the same order, and an address may say how many come before.

const landmarks = [...document.querySelectorAll("article :is(h1, h2, h3, h4, div.cell)")];
const NEAR_TOP = 100; // CSS pixels below the window's upper edge

function hashOfPlace() {
  if (new URLSearchParams(location.hash.slice(1)).has("explorer")) return location.hash;
  const isPast = (landmark) => landmark.getBoundingClientRect().top < NEAR_TOP;
  const number = landmarks.findLastIndex(isPast);
  return number > 0 ? `#place=${number}` : "";
}

for (const link of document.querySelectorAll(".site-languages a[rel=alternate]"))
  link.addEventListener("click", () => {
    link.search = location.search; // what was searched for
    link.hash = hashOfPlace();
  });

const number = new URLSearchParams(location.hash.slice(1)).get("place");
if (landmarks[number]) {
  history.replaceState(null, "", location.href.split("#")[0]); // it is not where the reader will be
  const goThere = () => landmarks[number].scrollIntoView({ behavior: "instant" });
  goThere();
  addEventListener("load", goThere); // below pictures whose heights are known now
}
