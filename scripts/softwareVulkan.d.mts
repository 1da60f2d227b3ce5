export function findSoftwareVulkan(): string | null
export function softwareVulkanEnvironment(environment?: NodeJS.ProcessEnv): NodeJS.ProcessEnv
