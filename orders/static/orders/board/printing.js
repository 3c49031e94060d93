/** Cup labels and receipts, by the browser's own print. What was printed before says so on the paper. */

const KEPT = 500; // orders whose printing is remembered

export class Printing {
  #root;
  #texts;
  #printed;

  constructor(root, texts) {
    this.#root = root;
    this.#texts = texts;
    this.#printed = new Set(JSON.parse(localStorage.getItem("board.printed") ?? "[]"));
  }

  labels(order) {
    const cups = order.items.flatMap((item) => Array.from({ length: item.quantity }, () => item));
    const labels = cups.map((item, index) => {
      const label = this.#clone("label-template");
      set(label, "label-number", order.number);
      set(label, "label-name", order.customer_name);
      set(label, "label-drink", item.product_name);
      set(label, "label-options", item.options.map((option) => option.name).join(", "));
      set(label, "label-count", `${index + 1}/${cups.length}`);
      set(label, "label-place", order.is_takeaway === false ? this.#texts.here : this.#texts.toGo);
      return label;
    });
    this.#print(`labels:${order.id}`, labels, "label-again");
  }

  receipt(order, branchName) {
    const receipt = this.#clone("receipt-template");
    set(receipt, "receipt-branch", branchName);
    set(receipt, "receipt-number", `${order.number} · ${order.customer_name ?? ""}`);
    set(receipt, "receipt-time", new Date(order.created_at).toLocaleString());
    const discounts = (order.discounts ?? []).map((one) => row(one.detail ?? one.code ?? "", `−${one.amount}`));
    receipt.querySelector(".receipt-lines").append(...order.items.flatMap(itemRows), ...discounts);
    set(receipt, "receipt-sum", `${order.total_price} ${order.currency}`);
    set(receipt, "receipt-paid", order.paid_at ? this.#texts.paid : this.#texts.notPaid);
    this.#print(`receipt:${order.id}`, [receipt], "receipt-again");
  }

  #print(name, pages, again) {
    for (const page of pages) page.querySelector(`.${again}`).hidden = !this.#printed.has(name);
    this.#root.replaceChildren(...pages);
    this.#printed.add(name);
    localStorage.setItem("board.printed", JSON.stringify([...this.#printed].slice(-KEPT)));
    globalThis.print();
  }

  #clone(name) {
    return document.querySelector(`.${name}`).content.firstElementChild.cloneNode(true);
  }
}

function itemRows(item) {
  const options = item.options.map((option) => option.name).join(", ");
  const lines = [row(`${item.quantity} × ${item.product_name}`, item.subtotal)];
  return options ? [...lines, row(options, "")] : lines;
}

function row(text, amount) {
  const element = document.createElement("tr");
  for (const content of [text, amount]) element.insertCell().textContent = content;
  return element;
}

function set(page, name, text) {
  page.querySelector(`.${name}`).textContent = text ?? "";
}
