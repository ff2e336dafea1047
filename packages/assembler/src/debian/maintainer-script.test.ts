import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classifyMaintainerScript, isShellScript } from "./maintainer-script.ts";

const classify = (text: string, version = "1.0-1") => classifyMaintainerScript(text, version);

describe("classifyMaintainerScript", () => {
  it("understands debhelper's blocks and moves of old files", () => {
    const script = `#!/bin/sh
set -e
# Automatically added by dh_installsystemd/13.11.4
if [ "$1" = "configure" ]; then
  deb-systemd-helper enable foo.service
fi
# End automatically added section
dpkg-maintscript-helper rm_conffile /etc/foo 1.0~ foo -- "$@"
exit 0
`;
    expect(classify(script)).toMatchObject({
      residueSha256: undefined,
      inert: ["dh_installsystemd"],
      alternatives: [],
    });
  });

  it("reads literal alternatives, over several lines", () => {
    const script = `#!/bin/sh
update-alternatives --install /usr/bin/awk awk /usr/bin/mawk 5 \\
  --slave /usr/bin/nawk nawk /usr/bin/mawk
`;
    expect(classify(script)).toMatchObject({
      residue: "",
      alternatives: [
        {
          link: "/usr/bin/awk",
          name: "awk",
          path: "/usr/bin/mawk",
          priority: 5,
          slaves: [{ link: "/usr/bin/nawk", name: "nawk", path: "/usr/bin/mawk" }],
        },
      ],
    });
  });

  it.each([
    "update-alternatives --install /usr/bin/a a /usr/bin/$B 5",
    "update-alternatives --install /usr/bin/a a $(which b) 5",
    "useradd evil",
    "# Automatically added by dh_installsysusers/13\nsystemd-sysusers foo.conf\n# End automatically added section",
    "# Automatically added by dh_ucf/13\nucf a b\n# End automatically added section",
    '# Automatically added by dh_installdeb/13\nrm -rf "$x"\n# End automatically added section',
    "# Automatically added by dh_installalternatives/13\nrm x\n# End automatically added section",
  ])("leaves %j as a residue", (line) => {
    const { residue, residueSha256 } = classify(`#!/bin/sh\n${line}\n`);
    expect(residue).not.toBe("");
    expect(residueSha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it("does not mind comments, blanks and the own version", () => {
    const one = classify('#!/bin/sh\n# one\nif [ x ]; then\n\techo "1.0-1"\nfi\n', "1.0-1");
    const two = classify('#!/bin/sh\nif [ x ];  then\n  echo "2.0-7"\n\nfi\n# two\n', "2.0-7");
    expect(one.residueSha256).toBe(two.residueSha256);
  });

  it("never drops a command that it does not know", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{2,12} [a-z/]{1,12}$/), fc.nat(5), (command, position) => {
        const lines = ["set -e", "# comment", "", "exit 0", 'dpkg-maintscript-helper rm_conffile /a 1 -- "$@"'];
        lines.splice(position, 0, command);
        expect(classify(`#!/bin/sh\n${lines.join("\n")}\n`).residue).toContain(command);
      }),
    );
  });
});

describe("isShellScript", () => {
  it.each([
    ["#!/bin/sh -e\n", true],
    ["#! /bin/bash\n", true],
    ["#!/usr/bin/perl\n", false],
    ["#!/bin/shady\n", false],
    ["\x7fELF", false],
  ])("%j: %s", (text, expected) => expect(isShellScript(text)).toBe(expected));
});
