/** One line that says how the connection is, and what can be done about it. */
export function showConnection(root, { client, texts, onSignIn }) {
  const [text, retry, login] = ["text", "retry", "login"].map((name) => root.querySelector(`.connection-${name}`));
  retry.addEventListener("click", () => client.connect());
  client.addEventListener("state", ({ detail: state }) => {
    root.dataset.state = state;
    text.textContent = texts.states[state];
    retry.hidden = !["waiting", "crowded", "stopped"].includes(state);
    if (login) login.hidden = state !== "signed_out";
    if (state === "signed_out") onSignIn?.();
  });
}
