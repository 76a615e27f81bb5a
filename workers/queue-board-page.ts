/**
 * The board's page. It asks for the operator's access token, keeps it for the tab (sessionStorage), and shows what
 * /queues/api says.
 */
export function queueBoardPage(nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tessera queues</title>
<style nonce="${nonce}">
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1c2128; background: #fff; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #d6dbe1; vertical-align: top; }
td.count { text-align: right; font-variant-numeric: tabular-nums; }
td.reason { overflow-wrap: anywhere; }
input { width: 30rem; max-width: 100%; font: inherit; padding: .3rem; }
button { font: inherit; padding: .2rem .8rem; }
.problem { color: #a40000; }
</style>
</head>
<body>
<h1>Queues</h1>
<form id="login"><label>Access token of the operator role<br><input id="token" type="password" autocomplete="off" required></label> <button>Show</button></form>
<p id="message" role="status"></p>
<div id="board"></div>
<script nonce="${nonce}">
${SCRIPT}
</script>
</body>
</html>
`;
}

// Plain JavaScript for the browser. Text goes in as text nodes only: a job's data or reason can never become markup.
const SCRIPT = `
const at = (id) => document.getElementById(id);
const element = (tag, text, className) => {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
};
const say = (text, isProblem) => { at('message').textContent = text; at('message').className = isProblem ? 'problem' : ''; };
const STATES = ['waiting', 'active', 'delayed', 'completed', 'failed'];
let timer;

async function call(path, body) {
  const headers = { authorization: 'Bearer ' + sessionStorage.getItem('tessera-token') };
  if (body) Object.assign(headers, { 'content-type': 'application/json', 'x-tessera-board': '1' });
  const response = await fetch(path, { method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body) });
  const answer = await response.json();
  if (response.ok) return answer;
  if (response.status === 401) { sessionStorage.removeItem('tessera-token'); at('login').hidden = false; at('board').replaceChildren(); }
  throw new Error(answer.message || 'The platform answered ' + response.status + '.');
}

function retryButton(label, queue, id) {
  const button = element('button', label);
  button.addEventListener('click', async () => {
    button.disabled = true;
    try { await call('/queues/api/' + queue + '/retry', id === undefined ? {} : { id }); } catch (error) { return say(error.message, true); }
    await show();
  });
  return button;
}

function row(cells) {
  const made = element('tr');
  made.append(...cells);
  return made;
}

function counts(queues) {
  const table = element('table');
  table.append(row(['queue', ...STATES].map((title) => element('th', title))));
  for (const queue of queues) table.append(row([element('td', queue.name), ...STATES.map((state) => element('td', String(queue.counts[state]), 'count'))]));
  return table;
}

function failures(queue) {
  const table = element('table');
  table.append(row(['job', 'failed at', 'attempts', 'data', 'reason', ''].map((title) => element('th', title))));
  for (const job of queue.failed) {
    const last = element('td');
    last.append(retryButton('Retry', queue.name, job.id));
    const when = new Date(job.failedAt).toISOString();
    table.append(row([element('td', job.name + ' ' + job.id), element('td', when), element('td', String(job.attempts), 'count'),
      element('td', JSON.stringify(job.data)), element('td', job.reason, 'reason'), last]));
  }
  return [element('h2', queue.name + ': failed jobs'), retryButton('Retry all', queue.name), table];
}

async function show() {
  clearTimeout(timer);
  if (!sessionStorage.getItem('tessera-token')) return;
  try {
    const { backend, queues } = await call('/queues/api');
    at('login').hidden = true;
    at('board').replaceChildren(counts(queues), ...queues.filter((queue) => queue.failed.length > 0).flatMap(failures));
    say('The queues live in ' + backend + '. Shown as of ' + new Date().toLocaleTimeString() + '.');
    timer = setTimeout(show, 3000);
  } catch (error) {
    say(error.message, true);
  }
}

at('login').addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem('tessera-token', at('token').value.trim());
  at('token').value = '';
  show();
});
show();
`;
