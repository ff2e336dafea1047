import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { temporaryFolder } from "@imagespec/test-support";
import { describe, expect, test } from "vitest";
import { contextOf, phasesOf, sharedAccount, uploadContext } from "./account.ts";
import { codebuild, logs, secretsmanager, ssm } from "./clients-adapter.ts";

// "UG" is the AWS CodeBuild User Guide (docs.aws.amazon.com/codebuild/latest/userguide), "API" its API Reference.
// What S3, STS, Logs, Secrets Manager and Parameter Store answer is held against a second implementation where there is time for it.
describe.each(process.env["IMAGESPEC_WHOLE"] ? (["ministack", "moto"] as const) : (["ministack"] as const))(
  "on %s",
  (backing) => {
    const open = sharedAccount({ minuteMs: 400, versionedBucket: true, backing });
    const build = (...commands: string[]) => ({ phases: { build: { commands } } });

    // UG build-spec-ref, "Buildspec versions": 0.2 runs all commands in one instance of the shell, so that what one sets the next one has.
    // UG build-env-ref-env-vars: values of StartBuild before those of the project before those of the buildspec.
    test("keeps folder and variables between commands, takes values as they are, and knows whose come first", async (context) => {
      const account = await open(context);
      const { fake } = account;
      await account.codebuild.send(
        new codebuild.CreateProjectCommand({
          name: "precedence",
          serviceRole: fake.serviceRole,
          source: { type: "NO_SOURCE", buildspec: "version: 0.2\nphases: {build: {commands: [true]}}" },
          artifacts: { type: "NO_ARTIFACTS" },
          environment: {
            type: "LINUX_CONTAINER",
            image: "aws/codebuild/standard:7.0",
            computeType: "BUILD_GENERAL1_XLARGE",
            environmentVariables: [
              { name: "WHO", value: "project" },
              { name: "FROM_PROJECT", value: "p" },
            ],
          },
        }),
      );
      const done = await account.run(
        {
          env: {
            variables: { WHO: "buildspec", ONLY: "buildspec" },
            "exported-variables": ["WHO", "AWS_NOT", "LATER"],
          },
          phases: {
            install: { commands: ["X=kept", "cd /", "AWS_NOT=1"] },
            pre_build: { commands: ['test "$(pwd)" = / && test "$X" = kept'] },
            build: { commands: ['echo "who=$WHO only=$ONLY project=$FROM_PROJECT"', "LATER='two\nlines'"] },
          },
        },
        {
          projectName: "precedence",
          environmentVariablesOverride: [{ name: "WHO", value: "override $HOME `id` \"q\" 'x'", type: "PLAINTEXT" }],
        },
      );
      expect(done.buildStatus, fake.buildLog(done.id!)).toBe("SUCCEEDED");
      expect(await account.readLog(done)).toContain("who=override $HOME `id` \"q\" 'x' only=buildspec project=p");
      // UG build-spec-ref, env/exported-variables: names that begin with AWS_ are not exported.
      expect(done.exportedEnvironmentVariables).toEqual([
        { name: "WHO", value: "override $HOME `id` \"q\" 'x'" },
        { name: "LATER", value: "two\nlines" },
      ]);
      expect(done.environment?.computeType).toBe("BUILD_GENERAL1_XLARGE");
    });

    // UG build-spec-ref, "Buildspec versions": 0.1 runs each command in an instance of its own.
    test("keeps nothing between the commands of version 0.1", async (context) => {
      const account = await open(context);
      const done = await account.run({ version: 0.1, ...build("X=lost", 'test -z "$X"') });
      expect(done.buildStatus).toBe("SUCCEEDED");
    });

    // UG view-build-details-phases: POST_BUILD follows BUILD in any case, and UPLOAD_ARTIFACTS is always attempted. UG
    // build-env-ref-env-vars: CODEBUILD_BUILD_SUCCEEDING is 0 from then on. UG build-spec-ref: `finally` runs after the commands even if one fails.
    test("runs post_build and finally after a failed build, and nothing of the phase after the failed command", async (context) => {
      const account = await open(context);
      const done = await account.run({
        phases: {
          build: { commands: ["echo before", "exit 3", "echo never"], finally: ["echo in finally"] },
          post_build: { commands: ["echo succeeding=$CODEBUILD_BUILD_SUCCEEDING"] },
        },
      });
      expect(done.buildStatus).toBe("FAILED");
      expect(phasesOf(done).slice(6)).toEqual([
        "BUILD!FAILED",
        "POST_BUILD",
        "UPLOAD_ARTIFACTS",
        "FINALIZING",
        "COMPLETED",
      ]);
      const log = (await account.readLog(done)).split("\n").filter((line) => !line.startsWith("[Container]"));
      expect(log).toEqual(["before", "in finally", "succeeding=0", ""]);
      expect(contextOf(done)).toEqual({
        statusCode: "COMMAND_EXECUTION_ERROR",
        message: "Error while executing command: exit 3. Reason: exit status 3",
      });
    });

    // UG view-build-details-phases: a failure before BUILD goes to FINALIZING at once.
    test.for(["install", "pre_build"])("goes to its end when %s fails", async (phase, context) => {
      const account = await open(context);
      const done = await account.run({
        phases: { [phase]: { commands: ["false"] }, build: { commands: ["echo never"] } },
      });
      expect(done.buildStatus).toBe("FAILED");
      expect(phasesOf(done).slice(-3)).toEqual([`${phase.toUpperCase()}!FAILED`, "FINALIZING", "COMPLETED"]);
    });

    // UG build-spec-ref, phases/<phase>/on-failure: ABORT ends the build, CONTINUE goes on with the next phase.
    test("aborts, or goes on, as the phase says", async (context) => {
      const account = await open(context);
      const phases = (how: string) => ({
        build: { "on-failure": how, commands: ["false"] },
        post_build: { commands: ["echo after"] },
      });
      const [aborted, continued] = await Promise.all([
        account.run({ phases: phases("ABORT") }),
        account.run({ phases: phases("CONTINUE") }),
      ]);
      expect(phasesOf(aborted)).not.toContain("POST_BUILD");
      expect(aborted.buildStatus).toBe("FAILED");
      expect(await account.readLog(continued)).toContain("\nafter\n");
    });

    // Only the exit status of a whole entry counts: a shell gives that of the last command.
    test("sees only the exit status of a whole entry", async (context) => {
      const account = await open(context);
      const done = await account.run(build("echo one; false; echo two"));
      expect(done.buildStatus).toBe("SUCCEEDED");
    });

    // UG sample-disable-artifact-encryption and others speak of ZIP sources; other objects come as they are.
    test("unpacks a ZIP source and hands any other object over as it is, in the asked version", async (context) => {
      const account = await open(context);
      const first = await uploadContext(account, { "which.txt": "first" });
      await uploadContext(account, { "which.txt": "second" });
      const zipped = await uploadContext(
        account,
        { "which.txt": "zipped", "buildspec.yml": "version: 0.2\nphases: {build: {commands: [cat which.txt]}}" },
        "context.zip",
      );
      const source = (location: string) => ({ sourceTypeOverride: "S3" as const, sourceLocationOverride: location });
      const [tar, zip] = await Promise.all([
        account.run(build("ls", "tar xzf context.tar.gz", "cat which.txt"), {
          ...source(first.location),
          sourceVersion: first.version,
        }),
        account.run("", { ...source(zipped.location), buildspecOverride: "buildspec.yml" }),
      ]);
      expect(await account.readLog(tar)).toMatch(/^context.tar.gz\n[\s\S]*^first$/m);
      expect(await account.readLog(zip)).toMatch(/^zipped$/m);
    });

    // UG troubleshooting: what CodeBuild cannot download, or read as a buildspec, fails in DOWNLOAD_SOURCE.
    test.for<[string, Partial<codebuild.StartBuildCommandInput>, string, RegExp]>([
      [
        "a missing object",
        { sourceTypeOverride: "S3", sourceLocationOverride: "imagespec-contexts/none.tar.gz" },
        "CLIENT_ERROR",
        /NoSuchKey/,
      ],
      ["a broken buildspec", { buildspecOverride: "version: 0.2\nphases: {build: [}" }, "YAML_FILE_ERROR", /./],
      [
        "a buildspec without a version",
        { buildspecOverride: "phases: {build: {commands: [true]}}" },
        "YAML_FILE_ERROR",
        /version/,
      ],
      [
        "an unknown phase",
        { buildspecOverride: "version: 0.2\nphases: {compile: {commands: [true]}}" },
        "YAML_FILE_ERROR",
        /phase name: compile/,
      ],
      [
        "a command that is a map",
        { buildspecOverride: "version: 0.2\nphases: {build: {commands: [a: b]}}" },
        "YAML_FILE_ERROR",
        /Commands\[0\] to be of string type/,
      ],
      [
        "a missing secret",
        { environmentVariablesOverride: [{ name: "S", value: "none:k", type: "SECRETS_MANAGER" }] },
        "Secrets Manager Error",
        /ResourceNotFoundException/,
      ],
      [
        "a missing parameter",
        { environmentVariablesOverride: [{ name: "S", value: "/none", type: "PARAMETER_STORE" }] },
        "Parameter Store Error",
        /Parameter does not exist/,
      ],
    ])("fails in DOWNLOAD_SOURCE for %s", async ([, overrides, code, message], context) => {
      const account = await open(context);
      const done = await account.run(build("echo never"), overrides);
      expect(phasesOf(done)).toContain("DOWNLOAD_SOURCE!FAILED");
      expect(phasesOf(done)).not.toContain("INSTALL");
      expect(contextOf(done)).toEqual({ statusCode: code, message: expect.stringMatching(message) });
    });

    // UG build-spec-ref, env/secrets-manager and env/parameter-store; "CodeBuild hides the values of secrets in build logs" by asterisks.
    test("gives commands the values of secrets and parameters, and hides them in the log and from exports", async (context) => {
      const account = await open(context);
      const { fake } = account;
      await account.secretsmanager.send(
        new secretsmanager.CreateSecretCommand({
          Name: "pip",
          SecretString: '{"token":"s3cr3t-value","user":"u-name"}',
        }),
      );
      await account.ssm.send(
        new ssm.PutParameterCommand({ Name: "/pip/index", Value: "p4ram-value", Type: "SecureString" }),
      );
      const done = await account.run(
        {
          env: { "secrets-manager": { PIP_USER: "pip:user" }, "exported-variables": ["TOKEN", "LENGTH"] },
          ...build('echo "$TOKEN and $PIP_USER and $INDEX"', 'LENGTH=$(printf %s "$TOKEN" | wc -c)'),
        },
        {
          environmentVariablesOverride: [
            { name: "TOKEN", value: "pip:token", type: "SECRETS_MANAGER" },
            { name: "INDEX", value: "/pip/index", type: "PARAMETER_STORE" },
          ],
        },
      );
      expect(await account.readLog(done)).toContain("\n*** and *** and ***\n");
      expect(done.exportedEnvironmentVariables).toEqual([{ name: "LENGTH", value: "12" }]);
      expect(JSON.stringify([done, fake.buildLog(done.id!)])).not.toMatch(/s3cr3t|p4ram|u-name/);
      // The name, not the value.
      expect(done.environment?.environmentVariables).toContainEqual({
        name: "TOKEN",
        value: "pip:token",
        type: "SECRETS_MANAGER",
      });
    });

    // API StopBuild; UG stop-build.
    test("stops a build with all that it started, wherever it went, and removes its files", async (context) => {
      const account = await open(context);
      await using folder = await temporaryFolder();
      const file = folder.join("pids");
      const started = await account.start({
        phases: {
          install: { commands: [`echo $CODEBUILD_SRC_DIR > ${file}.dir`] },
          build: {
            commands: [`sleep 100 & echo $! > ${file}; setsid sh -c 'echo $$ >> ${file}; sleep 101; true' & sleep 102`],
          },
          post_build: { commands: ["echo never"] },
        },
      });
      await account.follow(started.id!, () => existsSync(file) && readFileSync(file, "utf8").split("\n").length > 2);
      await account.codebuild.send(new codebuild.StopBuildCommand({ id: started.id! }));
      const done = await account.follow(started.id!);
      expect(done.buildStatus).toBe("STOPPED");
      expect(phasesOf(done).slice(-2)).toEqual(["BUILD!STOPPED", "COMPLETED"]);
      await account.fake.idle();
      const alive = readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .filter((pid) => {
          const stat = `/proc/${pid}/stat`;
          return existsSync(stat) && !/\) Z /.test(readFileSync(stat, "utf8"));
        });
      expect(alive).toEqual([]);
      expect(existsSync(readFileSync(`${file}.dir`, "utf8").trim())).toBe(false);
      // Stopping it once more changes nothing.
      const { build: again } = await account.codebuild.send(new codebuild.StopBuildCommand({ id: started.id! }));
      expect(again?.buildStatus).toBe("STOPPED");
    });

    // API StartBuild, timeoutInMinutesOverride and queuedTimeoutInMinutesOverride (from 5 minutes on, of which one lasts 0.4 s here).
    test("ends a build whose time is over, and one that waits for too long", async (context) => {
      const account = await open(context);
      const slow = await account.run(build("sleep 100"), { timeoutInMinutesOverride: 5 });
      expect(slow.buildStatus).toBe("TIMED_OUT");
      expect(phasesOf(slow).some((phase) => phase.endsWith("!TIMED_OUT"))).toBe(true);
      const { limits } = account.fake;
      limits.running = 0;
      try {
        const waiting = await account.run(build("true"), { queuedTimeoutInMinutesOverride: 5 });
        expect(waiting.buildStatus).toBe("TIMED_OUT");
        expect(phasesOf(waiting)).toEqual(["SUBMITTED", "QUEUED!TIMED_OUT", "COMPLETED"]);
      } finally {
        limits.running = 60;
      }
    });

    // API StartBuild, privilegedMode: without it "Cannot connect to the Docker daemon" (UG troubleshooting). Lambda images have no Docker.
    test("has a Docker daemon in privileged mode alone, a server for Docker, and none on Lambda", async (context) => {
      const account = await open(context);
      const version = build("docker version --format '{{.Server.Version}}' 2>&1");
      const [on, off, lambda] = await Promise.all([
        account.run(version),
        account.run(version, { privilegedModeOverride: false }),
        account.run(version, {
          environmentTypeOverride: "LINUX_LAMBDA_CONTAINER",
          computeTypeOverride: "BUILD_LAMBDA_1GB",
          privilegedModeOverride: false,
        }),
      ]);
      expect(await account.readLog(on)).toMatch(/^20\.10/m);
      expect(off.buildStatus).toBe("FAILED");
      expect(await account.readLog(off)).toContain("Cannot connect to the Docker daemon");
      expect(await account.readLog(lambda)).toContain("docker: command not found");
    });

    // UG view-build-details and the LogsLocation of the API: no stream before PROVISIONING; lines are there while the build runs.
    test("has no log before it is provisioned, and then every line as it comes", async (context) => {
      const account = await open(context);
      await using folder = await temporaryFolder();
      const gate = folder.join("gate");
      const started = await account.start(
        build("echo early", `while [ ! -e ${gate} ]; do sleep 0.05; done`, "echo late"),
      );
      expect(started.logs?.groupName).toBeUndefined();
      const request = { logGroupName: "/aws/codebuild/imagespec", logStreamName: started.id!.split(":")[1] };
      await expect(account.logs.send(new logs.GetLogEventsCommand(request))).rejects.toMatchObject({
        name: "ResourceNotFoundException",
      });
      let text = "";
      const running = await account.follow(started.id!, (each) => each.currentPhase === "BUILD");
      while (!text.includes("\nearly\n")) text = await account.readLog(running);
      expect(text).not.toContain("\nlate\n");
      writeFileSync(gate, "");
      const done = await account.follow(started.id!);
      expect(await account.readLog(done)).toContain("\nlate\n");
      expect(done.logs).toMatchObject(
        request.logStreamName ? { groupName: request.logGroupName, streamName: request.logStreamName } : {},
      );
    });

    // API LogsConfig: a stream name given by the user is the prefix of the stream; DISABLED writes nothing.
    test("writes the log where it is asked to, or nowhere", async (context) => {
      const account = await open(context);
      const logsConfig = (cloudWatchLogs: codebuild.CloudWatchLogsConfig) => ({
        logsConfigOverride: { cloudWatchLogs },
      });
      const [named, off] = await Promise.all([
        account.run(build("echo here"), logsConfig({ status: "ENABLED", groupName: "my/group", streamName: "mine" })),
        account.run(build("true"), logsConfig({ status: "DISABLED" })),
      ]);
      expect(named.logs).toMatchObject({ groupName: "my/group", streamName: `mine/${named.id?.split(":")[1]}` });
      expect(await account.readLog(named)).toContain("\nhere\n");
      expect(off.logs?.groupName).toBeUndefined();
    });

    // API EnvironmentType.
    test("says in an ARM build that it is one, and what it was asked for", async (context) => {
      const account = await open(context);
      const done = await account.run(build("uname -m", "uname -s"), {
        environmentTypeOverride: "ARM_CONTAINER",
        imageOverride: "aws/codebuild/amazonlinux-aarch64-standard:3.0",
      });
      expect(await account.readLog(done)).toMatch(/^aarch64\n[\s\S]*^Linux$/m);
      expect(done.environment).toMatchObject({
        type: "ARM_CONTAINER",
        image: "aws/codebuild/amazonlinux-aarch64-standard:3.0",
      });
    });
  },
);
