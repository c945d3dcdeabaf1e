// Tunes a make-believe chatbot from Node: create a study, ask, tell, read the front.
//
//   node tune.js [--server localhost:50051] [--trials 12] [--study node-demo]
'use strict';

const { randomUUID } = require('node:crypto');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { parseArgs } = require('node:util');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const PROTO = path.join(__dirname, '..', '..', 'proto');
const DEADLINE_MS = 20_000;
const RETRIES = 8;

const { values: options } = parseArgs({
  options: {
    server: { type: 'string', default: process.env.GROAT_SERVER ?? 'localhost:50051' },
    trials: { type: 'string', default: '12' },
    study: { type: 'string', default: `node-${randomUUID().slice(0, 8)}` },
  },
});

// 64-bit numbers arrive as strings, so that none is rounded.
const definition = protoLoader.loadSync('groat/v1/service.proto', {
  includeDirs: [PROTO],
  keepCase: true,
  longs: String,
  enums: String,
  oneofs: true,
  defaults: true,
});
const { groat } = grpc.loadPackageDefinition(definition);
const open = (Service) => new Service(options.server, grpc.credentials.createInsecure());
const trials = open(groat.v1.TrialService);
const studies = open(groat.v1.StudyService);
const analysis = open(groat.v1.AnalysisService);

// Sends one request until it is answered. Every request may be sent again: asks and
// creates carry a request_id, and a tell is known by its lease.
async function call(service, method, request) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await new Promise((resolve, reject) => {
        const deadline = Date.now() + DEADLINE_MS;
        service[method](request, { deadline }, (error, reply) => (error ? reject(error) : resolve(reply)));
      });
    } catch (error) {
      const isSilent = [grpc.status.UNAVAILABLE, grpc.status.DEADLINE_EXCEEDED].includes(error.code);
      if (!isSilent || attempt === RETRIES) throw error;
      await sleep(Math.min(5_000, 100 * 1.5 ** attempt) * (0.8 + 0.4 * Math.random()));
    }
  }
}

async function createStudy() {
  return call(studies, 'CreateStudy', {
    study_id: options.study,
    request_id: randomUUID(),
    study: {
      display_name: 'Chatbot, tuned from Node',
      search_space: {
        parameters: [
          { id: 'temperature', float: { min: 0, max: 1 } },
          { id: 'top_k', int: { min: 1, max: 20 } },
          { id: 'model', categorical: { labels: ['small', 'large'] } },
        ],
      },
      metrics: [
        { id: 'quality', role: 'ROLE_OBJECTIVE', goal: 'GOAL_MAXIMIZE' },
        {
          id: 'price',
          role: 'ROLE_OBJECTIVE',
          goal: 'GOAL_MINIMIZE',
          unit: 'USD/request',
          derivation: { source: 'SOURCE_MONEY_PER_EXAMPLE' },
        },
      ],
      budget: { max_trials: Number(options.trials), max_spend: usd(5) },
      price_book: {
        rates: [
          rate('small', 'UNIT_INPUT_TOKEN', 0.15),
          rate('small', 'UNIT_OUTPUT_TOKEN', 0.6),
          rate('large', 'UNIT_INPUT_TOKEN', 2.5),
          rate('large', 'UNIT_OUTPUT_TOKEN', 10),
        ],
      },
    },
  });
}

// Whole billionths: money is never a fraction on the wire.
function usd(amount) {
  return { currency: 'USD', nanos: String(Math.round(amount * 1e9)) };
}

function rate(model, unit, perMillion) {
  return { model, unit, amount: usd(perMillion), per: '1000000' };
}

// Stands for the system that is tuned: better answers take more context and a larger model.
function runChatbot(parameters) {
  const examples = 20;
  const topK = Number(parameters.top_k.int);
  const isLarge = parameters.model.string === 'large';
  const taste = 1 - Math.abs(parameters.temperature.float - 0.3);
  const quality = (isLarge ? 0.6 : 0.5) * taste + 0.4 * (1 - Math.exp(-topK / 6));
  return {
    quality,
    examples,
    usage: {
      usage_id: randomUUID(),
      category: 'SPEND_CATEGORY_EXPERIMENT',
      model: parameters.model.string,
      tokens: { input: String(examples * (200 + 300 * topK)), output: String(examples * 150) },
      request_count: String(examples),
    },
  };
}

async function tell(trial) {
  const { quality, examples, usage } = runChatbot(trial.parameters);
  return call(trials, 'Tell', {
    name: trial.name,
    lease_id: trial.lease.lease_id,
    succeeded: {
      metrics: [{ metric_id: 'quality', value: quality }],
      example_count: String(examples),
    },
    usage: [usage],
  });
}

// The worker's loop: ask until the guard says STOP.
async function work(study) {
  let told = 0;
  for (let requestId = randomUUID(); ; ) {
    const { trials: asked, decision, retry_after: pause } = await call(trials, 'Ask', {
      parent: study.name,
      count: 1,
      request_id: requestId,
      worker_id: 'node-example',
    });
    for (const trial of asked) {
      const { on_front: isOnFront } = await tell(trial);
      told += 1;
      console.log(`trial ${trial.number} by ${trial.generator}${isOnFront ? ', on the front' : ''}`);
    }
    if (asked.length === 0 && decision.verdict === 'VERDICT_STOP') {
      console.log(decision.explanation);
      return told;
    }
    // An ask that is still being computed is asked again under the same id.
    if (asked.length > 0 || decision.reason !== 'REASON_COMPUTING') requestId = randomUUID();
    if (asked.length === 0 && pause) await sleep(Number(pause.seconds) * 1_000 + pause.nanos / 1e6);
  }
}

function describe({ trial }) {
  const metrics = trial.final_measurement.metrics.map((m) => `${m.metric_id} ${m.value.toPrecision(4)}`);
  const chosen = Object.entries(trial.parameters).map(([id, value]) => `${id} ${value[value.kind]}`);
  return `${metrics.join(', ')}: ${chosen.join(', ')}`;
}

async function main() {
  const study = await createStudy();
  const told = await work(study);
  const front = await call(analysis, 'GetFront', { parent: study.name });
  for (const point of front.points) console.log(describe(point));
  console.log(JSON.stringify({ front: Number(front.front_size), trials: told }));
}

main()
  .catch((error) => {
    console.error(`${grpc.status[error.code] ?? error.name}: ${error.details ?? error.message}`);
    process.exitCode = 1;
  })
  .finally(() => [trials, studies, analysis].forEach((service) => service.close()));
