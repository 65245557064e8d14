import { expect } from "chai";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { InputError } from "../../scripts/lib/errors";
import { checkOutput, checkOutputs, writeOutput } from "../../scripts/lib/output";

describe("scripts: files that they write", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "replay-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const expectRefusal = (check: () => void, message: string) =>
    expect(check).to.throw(InputError).with.property("message", message);

  it("are tried beforehand and left as they were", () => {
    const [there, missing] = [join(folder, "there.json"), join(folder, "missing.json")];
    writeFileSync(there, "kept");
    checkOutputs({ "--json": there, "--report": missing });
    expect(readFileSync(there, "utf8")).to.equal("kept");
    expect(existsSync(missing)).to.equal(false);
    checkOutput("--json", "/dev/null");
  });

  for (const [file, reason] of [
    ["/proc/x.json", "it cannot be written (ENOENT)"],
    ["/dev/full", "no space is left there"],
    ["/dev", "that is a folder, name a file in it"],
    ["no/such/out.json", "create the folder no/such first"],
    ["/dev/null/out.json", "there is no such folder"],
  ]) {
    it(`are refused before the run if they are ${file}`, () => {
      expectRefusal(() => checkOutput("--json", file), `--json ${file}: ${reason}`);
    });
  }

  it("need a name", () => expectRefusal(() => checkOutput("--report", ""), "--report needs the name of a file"));

  it("are refused in one line if they cannot be written in the end", () => {
    expectRefusal(() => writeOutput("--json", "/dev/full", "text"), "--json /dev/full: no space is left there");
    expectRefusal(() => writeOutput("--json", folder, "text"), `--json ${folder}: it cannot be written (EISDIR)`);
  });

  it("are not each other, nor what is read", () => {
    const [file, link] = [join(folder, "file.csv"), join(folder, "link.csv")];
    writeFileSync(file, "kept");
    symlinkSync(file, link);
    expectRefusal(
      () => checkOutputs({ "--json": file, "--report": `${folder}/./file.csv` }),
      `--report ${folder}/./file.csv: --json has the same file, name another`,
    );
    expectRefusal(
      () => checkOutputs({ "--json": link }, { "--prices": file, "--book": undefined }),
      `--json ${link}: --prices has the same file, name another`,
    );
    expect(readFileSync(file, "utf8")).to.equal("kept");
  });
});
