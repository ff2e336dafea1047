import { expect, test } from "vitest";
import { explainCall } from "./explain-call.ts";

const place = {
  doing: "start the build",
  resource: 'project "acme"',
  project: "acme",
  location: "europe-west1",
  role: "roles/cloudbuild.builds.editor",
};
const explain = (error: object, more: object = {}) => explainCall(error, { ...place, ...more });

test.each([
  [{ message: "Could not load the default credentials. Browse to https://…" }, "CLOUD_CREDENTIALS", /gcloud auth/],
  [{ message: "Unable to detect a Project Id in the current environment." }, "CLOUD_PLACE", /"project"/],
  [{ code: 16, details: "Request had invalid authentication credentials." }, "CLOUD_CREDENTIALS", /gcloud auth/],
  [{ message: "invalid_grant: reauth related error (invalid_rapt)" }, "CLOUD_CREDENTIALS", /gcloud auth/],
  [
    { code: 9, details: "Access Not Configured. Cloud Build has not been used in project 1 before" },
    "CLOUD_SERVICE_DISABLED",
    /gcloud services enable cloudbuild.googleapis.com --project acme/,
  ],
  [
    { code: 9, details: "due to quota restrictions, cannot run builds in this region" },
    "CLOUD_QUOTA",
    /another region/,
  ],
  [
    { code: 8, details: "Quota exceeded for quota metric 'Build and Operation Get requests'" },
    "CLOUD_THROTTLED",
    /wait/,
  ],
  [{ code: 7, details: "The caller does not have permission" }, "CLOUD_DENIED", /roles\/cloudbuild.builds.editor/],
  [{ code: 5, details: "Requested entity was not found." }, "CLOUD_NOT_FOUND", /check the name/],
  [{ code: 14, details: "No connection established" }, "CLOUD_DOWN", /"transport" to "rest"/],
  [{ code: 3, details: "invalid build: no build steps specified" }, "CLOUD_ERROR", /options/],
])("%j is %s", (error, code, hint) => {
  const explained = explain(error);
  expect(explained).toMatchObject({ code, details: { provider: "google" } });
  expect(explained.hint).toMatch(hint);
  expect(explained.hint).toMatch(/^[a-z]/);
  expect(explained.message).not.toMatch(/\.$/);
});

test("a denied right names who, what and on what, as far as the service tells", () => {
  const named = explain(
    {
      code: 7,
      details:
        "Permission 'artifactregistry.repositories.create' denied on resource '//artifactregistry.googleapis.com/projects/acme/locations/eu' (or it may not exist).",
    },
    { principal: "ci@acme.iam.gserviceaccount.com" },
  );
  expect(named.details).toMatchObject({
    principal: "ci@acme.iam.gserviceaccount.com",
    action: "artifactregistry.repositories.create",
    resource: "//artifactregistry.googleapis.com/projects/acme/locations/eu",
  });
  const storage = explain({
    code: 403,
    message:
      "ci@acme.iam.gserviceaccount.com does not have storage.objects.create access to the Google Cloud Storage object. Permission 'storage.objects.create' denied on resource (or it may not exist).",
  });
  expect(storage.message).toContain(
    '"ci@acme.iam.gserviceaccount.com" may not start the build: it lacks "storage.objects.create"',
  );
});

test("acting as the account of the build has a hint of its own", () => {
  const error = explain({ code: 7, details: "caller does not have permission to act as service account 1234" });
  expect(error).toMatchObject({ code: "CLOUD_DENIED", hint: expect.stringContaining("roles/iam.serviceAccountUser") });
});
