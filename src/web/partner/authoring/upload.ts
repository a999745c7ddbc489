import { useState } from 'react'
import { useSection } from './section-context.tsx'

/** What the server keeps of a file that was sent. */
export interface Uploaded {
  hash: string
  fileName: string
  contentType: string
  bytes: number
  logos?: { large: string; medium: string; small: string }
}

type UploadAnswer = { file: Uploaded } | { message: string }

/** The largest form that the server reads. */
const mostBytes = 32 * 1024 * 1024

/** Sends one file, with progress from 0 to 1. XMLHttpRequest, since fetch tells nothing about what has been sent. */
function send(url: string, fields: Record<string, string>, file: File, onProgress: (part: number) => void): Promise<UploadAnswer> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  form.set('file', file)
  return new Promise((resolve) => {
    const request = new XMLHttpRequest()
    request.open('POST', url)
    request.responseType = 'json'
    request.upload.onprogress = (event) => onProgress(event.lengthComputable ? event.loaded / event.total : 0)
    request.onload = () => resolve((request.response as UploadAnswer | null) ?? { message: `The server answered with ${request.status}.` })
    request.onerror = () => resolve({ message: 'The file could not be sent: there is no connection to the server.' })
    request.send(form)
  })
}

/** Sending files for one field: one after the other, with what is under way and what went wrong. */
export function useUpload(field: string) {
  const { uploadUrl, page, variant } = useSection()
  const [progress, setProgress] = useState<number>()
  const [problem, setProblem] = useState<string>()
  return {
    /** Part that has been sent, 0 to 1; undefined when nothing is under way. */
    progress,
    problem,
    /** The stored file, or undefined when it was refused. */
    async upload(file: File, part?: string): Promise<Uploaded | undefined> {
      setProblem(undefined)
      if (file.size > mostBytes) {
        setProblem(`${file.name} is larger than 32 MB.`)
        return undefined
      }
      setProgress(0)
      const answer = await send(
        uploadUrl,
        { module: page.module, plan: page.planId ?? '', variant, field, part: part ?? '' },
        file,
        setProgress,
      )
      setProgress(undefined)
      if ('file' in answer) return answer.file
      setProblem(`${file.name}: ${answer.message}`)
      return undefined
    },
  }
}
