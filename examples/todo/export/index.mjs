// The list as lines of text: GET /lines, streamed.

import { readFile } from 'node:fs/promises';
import { setTimeout as rest } from 'node:timers/promises';

const PAUSE_MILLISECONDS = 200;

export const handler = awslambda.streamifyResponse(async (event, responseStream) => {
  const metadata = { statusCode: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' } };
  const lines = awslambda.HttpResponseStream.from(responseStream, metadata);
  for (const todo of await load()) {
    lines.write(`${todo.done ? '[x]' : '[ ]'} ${todo.id} ${todo.text}\n`);
    await rest(PAUSE_MILLISECONDS);
  }
  lines.end();
});

async function load() {
  try {
    return JSON.parse(await readFile(process.env.TODOS_FILE, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}
