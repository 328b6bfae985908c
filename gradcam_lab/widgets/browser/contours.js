// Lines of equal value through a map, by marching squares.

// Where two corners differ, the line crosses the side between them: [corner, corner], clockwise
// from the upper left. A square's sides are numbered in this order: top, right, bottom, left.
const SIDES = [
  [0, 1],
  [1, 2],
  [2, 3],
  [3, 0],
];

// Find where a map (rows, columns) has the given value. Returns segments [x, y, x, y], in units of
// its cells, whose values stand at their centres: the first one's at (0.5, 0.5).
export function findContour(values, [rows, columns], level) {
  const segments = [];
  for (let y = 0; y + 1 < rows; y++)
    for (let x = 0; x + 1 < columns; x++) {
      const above = y * columns + x;
      const below = above + columns;
      const corners = [values[above], values[above + 1], values[below + 1], values[below]];
      const crossings = crossSquare(corners, level);
      for (let i = 0; i < crossings.length; i += 2)
        segments.push(
          [...crossings[i], ...crossings[i + 1]].map((place, k) => place + (k % 2 ? y : x)),
        );
    }
  return segments;
}

// Where the line enters and leaves a square, pair by pair, from the upper left corner's centre.
function crossSquare(corners, level) {
  const inside = corners.map((value) => value >= level);
  if (inside.every((each) => each === inside[0])) return [];
  const crossings = SIDES.filter(([from, to]) => inside[from] !== inside[to]).map(([from, to]) =>
    between(from, to, (level - corners[from]) / (corners[to] - corners[from])),
  );
  const mean = corners.reduce((sum, value) => sum + value) / 4;
  const [first, ...others] = crossings;
  // Of four crossings two lines are made, around the corners that the middle does not go with.
  const turned = crossings.length === 4 && inside[0] === mean >= level;
  return turned ? crossings : [...others, first];
}

function between(from, to, share) {
  const [[x0, y0], [x1, y1]] = [corner(from), corner(to)];
  return [x0 + share * (x1 - x0), y0 + share * (y1 - y0)];
}

function corner(number) {
  return [number === 1 || number === 2 ? 1.5 : 0.5, number > 1 ? 1.5 : 0.5];
}

// Write segments as the path of a drawing, to a hundredth of a cell.
export function toPath(segments) {
  return segments
    .map((places) => places.map((place) => Math.round(100 * place) / 100))
    .map(([x0, y0, x1, y1]) => `M${x0} ${y0}L${x1} ${y1}`)
    .join("");
}
