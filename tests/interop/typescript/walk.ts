// The walk of the README from TypeScript: `node built/walk.js HOST:PORT ARTICLE`.
//
// Types are generated from the contract (`npm run generate`), messages are read by it at run time.
// What it prints is compared with expected.txt, which is the same for every language.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import protobuf from "protobufjs";

import type { ProtoGrpcType as AssessmentTypes } from "./generated/assessment_service";
import type { AssessmentServiceClient } from "./generated/chancery/v1/AssessmentService";
import type { Assessment__Output as Assessment } from "./generated/chancery/v1/Assessment";
import type { CreateAssessmentRequest } from "./generated/chancery/v1/CreateAssessmentRequest";
import type { DocumentServiceClient } from "./generated/chancery/v1/DocumentService";
import type { EditAssessmentRequest } from "./generated/chancery/v1/EditAssessmentRequest";
import type {
  EditAssessmentResponse__Output as Edited,
} from "./generated/chancery/v1/EditAssessmentResponse";
import type {
  ImportDocumentResponse__Output as Drafted,
} from "./generated/chancery/v1/ImportDocumentResponse";
import type {
  ListAssessmentsResponse__Output as Listed,
} from "./generated/chancery/v1/ListAssessmentsResponse";
import type { ListRedLinesRequest } from "./generated/chancery/v1/ListRedLinesRequest";
import type {
  ListRedLinesResponse__Output as RedLines,
} from "./generated/chancery/v1/ListRedLinesResponse";
import type { ProtoGrpcType as DocumentTypes } from "./generated/document_service";
import type { RedLine__Output as RedLine } from "./generated/chancery/v1/RedLine";

const DEADLINE_MS = 20_000;
const here = fileURLToPath(new URL("..", import.meta.url));
const [address = "127.0.0.1:50051", article = "article.md", proto = `${here}/../../../proto`] =
  process.argv.slice(2);

// The same options as in `npm run generate`, or the types would not be true.
const definition = loadSync(
  ["chancery/v1/assessment_service.proto", "chancery/v1/document_service.proto"],
  { longs: String, enums: String, defaults: true, oneofs: true, includeDirs: [proto] },
);
const contract = grpc.loadPackageDefinition(definition) as unknown as AssessmentTypes &
  DocumentTypes;
const credentials = grpc.credentials.createInsecure();
const service = new contract.chancery.v1.AssessmentService(address, credentials);
const documents = new contract.chancery.v1.DocumentService(address, credentials);

type Call<Request, Answer> = (
  request: Request,
  options: grpc.CallOptions,
  done: (error: grpc.ServiceError | null, answer?: Answer) => void,
) => unknown;

// One call as a promise, with a deadline.
function ask<Request, Answer>(
  call: Call<Request, Answer>,
  request: Request,
  on: AssessmentServiceClient = service,
): Promise<Answer> {
  const options = { deadline: Date.now() + DEADLINE_MS };
  return new Promise((resolve, reject) => {
    call.call(on, request, options, (error, answer) => {
      if (error || answer === undefined) reject(error);
      else resolve(answer);
    });
  });
}

const listRedLines = (request: ListRedLinesRequest): Promise<RedLines> =>
  ask<ListRedLinesRequest, RedLines>(service.listRedLines, request);
const getRedLine = (name: string): Promise<RedLine> =>
  ask<{ name: string }, RedLine>(service.getRedLine, { name });
const create = (request: CreateAssessmentRequest): Promise<Assessment> =>
  ask<CreateAssessmentRequest, Assessment>(service.createAssessment, request);
const edit = (request: EditAssessmentRequest): Promise<Edited> =>
  ask<EditAssessmentRequest, Edited>(service.editAssessment, request);

async function read(): Promise<void> {
  console.log("red lines, three to a page");
  let pageToken = "";
  do {
    const page = await listRedLines({ parent: "assessments/-", pageSize: 3, pageToken });
    for (const line of page.redLines) {
      console.log(`  ${line.name.split("/").at(-1)} | ${line.actor} | ${line.stance}`);
    }
    pageToken = page.nextPageToken;
  } while (pageToken !== "");

  console.log("the one that claims");
  const answer = await listRedLines({ parent: "assessments/-", filter: "posture = CLAIMS" });
  const found = answer.redLines[0];
  if (found === undefined || answer.redLines.length !== 1) throw new Error("not one red line");
  const line = await getRedLine(found.name);
  console.log(`  ${line.name}`);
  console.log(`  ${line.posture}: ${line.stance}`);
  for (const citation of line.citations) {
    console.log(`  bytes ${citation.start}..${citation.end}: ${citation.quote}`);
  }
}

function importDocument(text: Buffer, on: DocumentServiceClient): Promise<Drafted> {
  const options = { deadline: Date.now() + DEADLINE_MS };
  return new Promise((resolve, reject) => {
    const upload = on.importDocument(options, (error, answer) => {
      if (error || answer === undefined) reject(error);
      else resolve(answer);
    });
    const half = Math.floor(text.length / 2);
    upload.write({ options: { mediaType: "text/markdown", dryRun: true } });
    upload.write({ chunk: text.subarray(0, half) });
    upload.write({ chunk: text.subarray(half) });
    upload.end();
  });
}

async function draft(): Promise<void> {
  console.log("an article, drafted and not kept");
  const drafted = await importDocument(readFileSync(article), documents);
  console.log(`  ${drafted.assessment?.title}`);
  for (const line of drafted.assessment?.redLines ?? []) {
    console.log(`  red line: ${line.title} | ${line.actor} | ${line.stance || "not stated"}`);
  }
  for (const doubt of drafted.doubts) {
    console.log(`  doubt at ${doubt.span?.start}..${doubt.span?.end}: ${doubt.quote}`);
  }
}

const herring: CreateAssessmentRequest = {
  assessmentId: "herring-talks",
  requestId: "interop-1",
  assessment: {
    title: "The herring talks",
    redLines: [
      {
        id: "twelve-miles",
        title: "Twelve miles",
        actor: "actors/norway",
        stance: "No trawler inside twelve miles",
        posture: "POSTURE_PROHIBITS",
      },
    ],
  },
};

function editOf(name: string, etag: string): EditAssessmentRequest {
  return {
    name,
    edits: [
      {
        upsert: { redLine: { id: "twelve-miles", declaredFirmness: "DECLARED_FIRMNESS_ABSOLUTE" } },
        updateMask: { paths: ["declared_firmness"] },
        etag,
      },
      {
        upsert: {
          risk: {
            id: "arrests-at-sea",
            title: "Arrests at sea",
            statement: "Trawlers are arrested before a text is agreed",
            likelihood: { low: 0.2, high: 0.4 },
          },
        },
      },
    ],
  };
}

async function write(): Promise<void> {
  console.log("created twice with one request id, written once");
  const first = await create(herring);
  const again = await create(herring);
  const same = first.etag === again.etag ? "the same" : "another";
  console.log(`  ${first.name} ${first.state}, ${same} etag`);

  console.log("edited: one element changed, one added");
  const name = `${first.name}/redLines/twelve-miles`;
  const request = editOf(first.name, (await getRedLine(name)).etag);
  for (const element of (await edit(request)).elements) {
    console.log(`  ${element.kind && element[element.kind]?.name}`);
  }
  const line = await getRedLine(name);
  console.log(`  ${line.title}: ${line.declaredFirmness}, ${line.stance}`);

  console.log("the same edit with the etag of before");
  await showFailure(edit(request));

  console.log("deleted");
  const deleted = ask<{ name: string }, Assessment>(service.deleteAssessment, { name: first.name });
  const gone = await deleted;
  console.log(`  ${gone.name} ${gone.deleteTime ? "has" : "has no"} delete time`);
  const left = await ask<{ states: ["ASSESSMENT_STATE_DRAFT"] }, Listed>(service.listAssessments, {
    states: ["ASSESSMENT_STATE_DRAFT"],
  });
  console.log(`  drafts left: ${left.assessments.length}`);
}

async function fail(): Promise<void> {
  console.log("a filter that cannot be read");
  const filter = "posture = SOMETIMES AND status = OLD";
  await showFailure(listRedLines({ parent: "assessments/-", filter }));

  console.log("a draft with two faults, checked and not kept");
  const assessment = {
    title: "The capelin talks",
    redLines: [{ title: "A line of nobody's", actor: "nobody" }],
    risks: [{ statement: "The talks fail", likelihood: { low: 0.6, high: 0.2 } }],
  };
  await showFailure(create({ assessment, validateOnly: true }));

  console.log("a name that is not there");
  await showFailure(getRedLine("assessments/ukraine-talks/redLines/none"));
}

const rpc = protobuf.loadSync(`${here}/../google/rpc/error_details.proto`);

// What a message of google.rpc holds, as a plain object.
function decoded(type: string, bytes: Uint8Array): Record<string, any> {
  const found = rpc.lookupType(type);
  const options = { defaults: true, arrays: true, objects: true };
  return found.toObject(found.decode(bytes), options);
}

async function showFailure(call: Promise<unknown>): Promise<void> {
  const failure = await call.then(
    () => undefined,
    (error: grpc.ServiceError) => error,
  );
  if (failure === undefined) throw new Error("the call was expected to fail");
  console.log(`  ${grpc.status[failure.code]}: ${failure.details}`);
  for (const bytes of failure.metadata?.get("grpc-status-details-bin") ?? []) {
    const status = decoded("google.rpc.Status", bytes as Buffer);
    for (const detail of status.details) showDetail(detail.type_url, detail.value);
  }
}

function showDetail(url: string, value: Uint8Array): void {
  if (url.endsWith("/google.rpc.ErrorInfo")) {
    const info = decoded("google.rpc.ErrorInfo", value);
    console.log(`  reason ${info.reason} of ${info.domain}`);
    for (const key of Object.keys(info.metadata).sort()) {
      console.log(`  ${key} = ${info.metadata[key]}`);
    }
  } else if (url.endsWith("/google.rpc.BadRequest")) {
    for (const violation of decoded("google.rpc.BadRequest", value).fieldViolations) {
      console.log(`  ${violation.field}: ${violation.reason}: ${violation.description}`);
    }
  }
}

await read();
await draft();
await write();
await fail();
service.close();
documents.close();
