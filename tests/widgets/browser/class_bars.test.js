import assert from "node:assert/strict";
import test from "node:test";
import { findClass } from "../../../gradcam_lab/widgets/class_bars.js";

const NAMES = ["mud turtle", "smuggler", "coffee mug", "mug", "muggy day", "C++ (book)", "커피 잔"];

test("a class is found by its name, then by a word, the beginning of one, and any part", () => {
  assert.equal(findClass(NAMES, "mug"), 3);
  assert.equal(findClass(NAMES.toSpliced(3, 1), "MUG"), 2);
  assert.equal(findClass(NAMES, "mugg"), 4);
  assert.equal(findClass(NAMES, "uggl"), 1);
  assert.equal(findClass(NAMES, "turtle"), 0);
});

test("what has a meaning in patterns is sought as it is, and so is Korean", () => {
  assert.equal(findClass(NAMES, "c++ ("), 5);
  assert.equal(findClass(NAMES, "잔"), 6);
});

test("no class is found where none has it", () => {
  assert.equal(findClass(NAMES, "teapot"), undefined);
});
