// On the page of a product: a tear-off code that stands behind # in the address goes along to the page for saying something.
// Nothing of this page is changed before the link is used.
document.querySelector("a[data-voice]")?.addEventListener("click", (event) => {
  if (location.hash.startsWith("#claim=")) event.currentTarget.hash = location.hash;
});
