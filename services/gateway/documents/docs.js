// A button at each text that is there to be copied.

async function copied(code) {
  if (navigator.clipboard) return navigator.clipboard.writeText(code.textContent);
  // Without https there is no clipboard to write to; what is selected can be copied all the same.
  getSelection().selectAllChildren(code);
  document.execCommand("copy");
}

for (const code of document.querySelectorAll("pre > code")) {
  const button = document.createElement("button");
  button.className = "copy";
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await copied(code);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2_000);
  });
  code.parentElement.append(button);
}
