// Runs inside the page for libraryScroll.ts: what is painted, and when. A frame counts as painted at the next task after it.
window.scrollProbe = (() => {
  const scroller = () => document.querySelector('[role=listbox][aria-label=Pairs], [role=grid][aria-label=Pairs]')
  const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => resolve(performance.now())
    port2.postMessage(null)
  }))
  /** Whether the middle and both edges of what is in sight show pairs, not places that wait for them. */
  function isShown() {
    const element = scroller()
    if (!element) return false
    const { left, top, width, height } = element.getBoundingClientRect()
    return [0.1, 0.5, 0.85].every((share) => [-8, 0, 8].some((nudge) => {
      const found = document.elementFromPoint(left + width * 0.3 + nudge, top + height * share + nudge * 2)?.closest('[role=option], [role=row]')
      return found && !found.querySelector('.animate-pulse')
    }))
  }
  async function untilShown(startedAtMs, patienceMs = 30_000) {
    while (performance.now() - startedAtMs < patienceMs) {
      await nextFrame()
      if (isShown()) return (await painted()) - startedAtMs
    }
    return Number.POSITIVE_INFINITY
  }
  async function jump(share) {
    const element = scroller()
    const startedAtMs = performance.now()
    element.scrollTop = share * (element.scrollHeight - element.clientHeight)
    await nextFrame()
    return untilShown(startedAtMs)
  }
  /** From the press of each key to the paint of the focus that it moves. */
  const keys = []
  addEventListener('keydown', (event) => {
    const before = scroller()?.getAttribute('aria-activedescendant')
    void (async () => {
      while (scroller()?.getAttribute('aria-activedescendant') === before) {
        if (performance.now() - event.timeStamp > 5000) return
        await nextFrame()
      }
      const id = scroller().getAttribute('aria-activedescendant')
      while (!document.getElementById(id) && performance.now() - event.timeStamp < 5000) await nextFrame()
      keys.push((await painted()) - event.timeStamp)
    })()
  }, { capture: true })
  let frames = []
  let isCounting = false
  async function countFrames() {
    frames = []
    isCounting = true
    let lastMs = await new Promise((resolve) => requestAnimationFrame(resolve))
    while (isCounting) {
      const nowMs = await new Promise((resolve) => requestAnimationFrame(resolve))
      frames.push(nowMs - lastMs)
      lastMs = nowMs
    }
  }
  const stopFrames = () => {
    isCounting = false
    return frames
  }
  /** Scrolls by as many pixels a frame, either way in turn, with a jump in each second. */
  async function wander(seconds, pixelsPerFrame) {
    const element = scroller()
    const endAtMs = performance.now() + seconds * 1000
    let jumpAtMs = 0
    let count = 0
    while (performance.now() < endAtMs) {
      if (performance.now() > jumpAtMs) {
        element.scrollTop = Math.random() * element.scrollHeight
        jumpAtMs = performance.now() + 1000
      } else element.scrollTop += pixelsPerFrame
      await nextFrame()
      count += 1
    }
    return count
  }
  return { jump, keys, countFrames, stopFrames, wander, untilShown, isShown }
})()
