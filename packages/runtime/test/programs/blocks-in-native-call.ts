import { pbkdf2Sync } from "node:crypto";
import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.blocks-in-native-call",
  budget: { block: "500ms" },
  run: () => pbkdf2Sync("password", "salt", 2 ** 31 - 1, 64, "sha512").toString("hex"),
});
