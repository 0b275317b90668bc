const $ = (id) => document.getElementById(id);
const OWN = "own drawing";
const SPEEDS = [0.25, 0.5, 1, 2, 5, 10, 20, 50, null];  // steps per second
const plane = new Plane($("plane"));
const drawing = new Drawing(plane, (count, [x, y]) => {
  $("drawn").textContent = `${count} points`;
  $("use").disabled = count < 10;
  $("summary").textContent = `The cursor is at (${x.toFixed(2)}, ${y.toFixed(2)}).`;
});
const losses = new Curves($("losses"), $("terms"));
const scores = new Curves($("scores"), $("latest"), { zero: true });
let socket = null, choices = null, state = "", started = null, used = null, opened = false, closing = "";

function send(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function say(text, problem = false) {
  $("status").textContent = text;
  $("status").classList.toggle("problem", problem);
}

function token() {
  return new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
}

function connect() {
  const address = new URL("session", location.href);
  address.protocol = address.protocol.replace("http", "ws");
  address.hash = "";
  const hex = [...new TextEncoder().encode(token())].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  opened = false;
  closing = "";
  socket = new WebSocket(address, hex ? ["ganbench", `ganbench.${hex}`] : ["ganbench"]);
  socket.onopen = () => {
    opened = true;
    $("access").hidden = true;
  };
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    handlers[message.type]?.(message);
  };
  socket.onclose = () => {
    setState("");
    if (opened) {
      say(`${closing || "the server has closed the connection"}; reload this page to connect again`, true);
    } else {
      say("the server refused the connection, or does not run", true);
      $("access").hidden = false;
    }
  };
}

const handlers = {
  hello(message) {
    choices = message;
    drawing.limit = message.max_points;
    fillChoices();
    fillRecipe();
    changeSpeed();
    startOver();
  },
  started(message) {
    started = message;
    Object.assign(plane, { real: message.real, range: [message.low, message.high], side: message.side, frame: null });
    $("averaging").hidden = !message.has_average;
    $("average").checked = false;
    document.querySelectorAll(".scale, #key li:nth-child(3)").forEach((item) => (item.hidden = Boolean(message.hidden_reason)));
    losses.clear();
    scores.clear();
    $("phase").textContent = message.hidden_reason ? `D is not shown: ${message.hidden_reason}` : "";
    say(`${message.recipe}, seed ${message.seed}, is ready`);
  },
  state(message) {
    setState(message.state);
    if (message.state === "failed") say(message.message, true);
    if (message.state === "finished") say(`all ${started.steps} steps are done`);
    if (message.state === "running") say("training");
    if (message.state === "paused" && plane.frame) say("paused");
  },
  frame(message) {
    requestAnimationFrame(() => {
      show(message);
      send({ type: "shown" });
    });
  },
  recipe(message) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([message.text], { type: "application/json" }));
    link.download = message.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    const command = document.createElement("code");
    command.textContent = message.command;
    const note = message.exact ? "" : " A rate was changed on the way, so this gives another result than the one shown.";
    $("saved").replaceChildren(`Saved ${message.name}. Train it with `, command, `.${note}`);
  },
  error(message) {
    say(message.message, true);
  },
  ended(message) {
    closing = message.message;
  },
};

function setState(next) {
  state = next;
  const able = started !== null && ["running", "paused"].includes(state) && !plane.drawing;
  $("run").textContent = state === "running" ? "Pause" : "Start";
  $("run").disabled = $("step").disabled = !able;
  $("restart").disabled = !choices || !state || Boolean(plane.drawing);
  $("save").disabled = !started || !state;
}

function show(frame) {
  const before = plane.frame;
  plane.frame = frame;
  if (plane.drawing) return;
  plane.draw();
  $("count").textContent = `step ${frame.step}` + (frame.steps_per_second ? `, ${format(frame.steps_per_second)} per second` : "");
  if (!started.hidden_reason || frame.phase) $("phase").textContent = frame.phase || (before?.phase ? "G has learned: its points move" : "");
  if (frame.critic) {
    $("low").textContent = format(frame.critic.low);
    $("high").textContent = format(frame.critic.high);
    $("meaning").textContent = frame.critic.probability ? "D: probability of real" : "D: score (higher means more real)";
  }
  for (const [name, value] of Object.entries(frame.losses)) losses.add(name, frame.step, value);
  for (const score of frame.scores) {
    const counts = score.high_quality !== null;
    const text = counts ? `${score.value} of ${score.best}, ${Math.round(100 * score.high_quality)} % of points near a mode` : undefined;
    scores.best = score.best;
    scores.add(score.name, score.step, score.value, text);
  }
  if (frame.scores.length) scores.draw();
  losses.draw();
  $("summary").textContent = plane.describe();
}

function fillChoices() {
  const groups = new Map();
  for (const recipe of choices.recipes) {
    if (!groups.has(recipe.data)) {
      const group = document.createElement("optgroup");
      group.label = `made for ${recipe.data}`;
      groups.set(recipe.data, group);
    }
    groups.get(recipe.data).append(new Option(recipe.name));
  }
  $("recipe").replaceChildren(...groups.values());
  $("recipe").value = choices.recipes.reduce((a, b) => (b.name.length < a.name.length ? b : a)).name;  // the plainest
  $("data").replaceChildren(...choices.datasets.map((name) => new Option(name)), new Option("my own drawing", OWN));
}

const chosen = () => choices.recipes.find((recipe) => recipe.name === $("recipe").value);

/** Show a recipe's own settings; a drawing stays the data. */
function fillRecipe() {
  const recipe = chosen();
  if ($("data").value !== OWN) $("data").value = recipe.data;
  $("about").textContent = [recipe.summary, ...recipe.papers].join(". ");
  $("rates").replaceChildren(
    ...Object.entries(recipe.rates).map(([name, rate]) => {
      const label = document.createElement("label"), input = document.createElement("input");
      Object.assign(input, { type: "number", min: 0, max: 10, step: "any", required: true, value: rate });
      input.dataset.network = name;
      input.addEventListener("change", changeRates);
      label.append(`${name} `, input);
      return label;
    }),
  );
  for (const name of ["batch", "steps"]) $(name).value = recipe[name];
  $("critic").hidden = recipe.critic_steps === null;
  $("critic_steps").value = recipe.critic_steps ?? "";
}

function rates() {
  const inputs = [...$("rates").querySelectorAll("input")];
  return Object.fromEntries(inputs.map((input) => [input.dataset.network, input.valueAsNumber]));
}

function changeRates() {
  if (!$("form").reportValidity()) return;
  send({ type: "rates", rates: rates() });
}

function startOver() {
  if (!$("form").reportValidity()) return;
  const recipe = chosen(), own = $("data").value === OWN;
  send({
    type: "start",
    recipe: recipe.name,
    ...(own ? { points: used } : { data: $("data").value }),
    rates: rates(),
    batch: $("batch").valueAsNumber,
    ...(recipe.critic_steps === null ? {} : { critic_steps: $("critic_steps").valueAsNumber }),
    steps: $("steps").valueAsNumber,
    seed: $("seed").valueAsNumber,
  });
  $("pending").hidden = true;
  $("saved").replaceChildren();
  say("building the model ...");
}

function editDrawing() {
  send({ type: "pause" });
  plane.range = [-1, 1];
  $("drawing").hidden = false;
  $("edit").hidden = true;
  $("summary").setAttribute("aria-live", "polite");
  drawing.start();
  setState(state);
}

function endDrawing() {
  $("drawing").hidden = true;
  $("edit").hidden = $("data").value !== OWN;
  $("summary").removeAttribute("aria-live");
  drawing.stop();
}

function changeSpeed() {
  const speed = SPEEDS[$("speed").valueAsNumber];
  const text = speed === null ? "full speed" : `${speed} step${speed === 1 ? "" : "s"} per second`;
  $("pace").textContent = text;
  $("speed").setAttribute("aria-valuetext", text);
  send({ type: "speed", steps_per_second: speed, phases: $("phases").checked });
}

$("run").addEventListener("click", () => send({ type: state === "running" ? "pause" : "run" }));
$("step").addEventListener("click", () => send({ type: "step" }));
$("restart").addEventListener("click", startOver);
$("speed").addEventListener("input", changeSpeed);
$("phases").addEventListener("change", changeSpeed);
$("average").addEventListener("change", () => send({ type: "average", shown: $("average").checked }));
$("save").addEventListener("click", () => send({ type: "save" }));
$("recipe").addEventListener("change", () => {
  fillRecipe();
  if (!plane.drawing) startOver();
});
$("data").addEventListener("change", () => {
  if ($("data").value === OWN) return editDrawing();
  endDrawing();
  startOver();
});
for (const name of ["batch", "critic_steps", "steps", "seed"]) $(name).addEventListener("input", () => ($("pending").hidden = false));
$("brush").addEventListener("input", () => (drawing.brush = $("brush").valueAsNumber));
$("stamp").addEventListener("click", () => drawing.stamp($("shape").value));
$("edit").addEventListener("click", editDrawing);
$("clear").addEventListener("click", () => drawing.clear());
$("use").addEventListener("click", () => {
  used = [...drawing.points];
  endDrawing();
  startOver();
});
$("form").addEventListener("submit", (event) => event.preventDefault());
$("access").addEventListener("submit", (event) => {
  event.preventDefault();
  location.hash = new URLSearchParams({ token: $("token").value });
  connect();
});
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  plane.draw();
  losses.draw();
  scores.draw();
});
setState("");
connect();
