// happy-dom lays nothing out, so every element has no size and a virtual list shows nothing. This gives all of them one.
const names = ['clientWidth', 'offsetWidth', 'clientHeight', 'offsetHeight'] as const

/** Gives the function that takes the sizes away again. */
export function giveElementsSize(widthPx: number, heightPx: number): () => void {
  const before = names.map((name) => [name, Object.getOwnPropertyDescriptor(HTMLElement.prototype, name)] as const)
  for (const name of names) Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => (name.endsWith('Width') ? widthPx : heightPx) })
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(HTMLElement.prototype, name, descriptor)
      else Reflect.deleteProperty(HTMLElement.prototype, name)
    }
  }
}
