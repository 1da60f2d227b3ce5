// Arrow keys inside a group of radio buttons: the group is one stop for Tab, arrows move and choose at once.
import { nextTick, type Ref } from 'vue'

const steps: Record<string, number> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }

/** @param group the element around the radios, which are its children with `role="radio"` */
export function useRovingFocus(group: Readonly<Ref<HTMLElement | null>>) {
  async function move(event: KeyboardEvent): Promise<void> {
    const step = steps[event.key]
    const radios = [...(group.value?.querySelectorAll<HTMLButtonElement>('[role="radio"]:not(:disabled)') ?? [])]
    const from = radios.findIndex((radio) => radio === document.activeElement)
    if (step === undefined || from < 0 || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    const target = radios[(from + step + radios.length) % radios.length]
    target?.click()
    await nextTick()
    target?.focus()
  }

  return { move }
}
