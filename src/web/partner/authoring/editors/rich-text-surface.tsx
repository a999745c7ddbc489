import { makeStyles, ToggleButton, Toolbar, ToolbarDivider, tokens } from '@fluentui/react-components'
import { TextBoldRegular } from '@fluentui/react-icons/svg/text-bold'
import { TextBulletListRegular } from '@fluentui/react-icons/svg/text-bullet-list'
import { TextItalicRegular } from '@fluentui/react-icons/svg/text-italic'
import { TextNumberListLtrRegular } from '@fluentui/react-icons/svg/text-number-list-ltr'
import { TextUnderlineRegular } from '@fluentui/react-icons/svg/text-underline'
import { type Editor, EditorContent, useEditor, useEditorState } from '@tiptap/react'
import { StarterKit } from '@tiptap/starter-kit'
import type { ReactElement } from 'react'
import { useEffect, useRef } from 'react'
import { nonceOfPage } from '../../../nonce.ts'

const useStyles = makeStyles({
  bar: { flexWrap: 'wrap', borderBottom: `1px solid ${tokens.colorNeutralStroke2}`, padding: tokens.spacingHorizontalXS },
  text: {
    '& .tiptap': {
      minHeight: '160px',
      maxHeight: '480px',
      overflowY: 'auto',
      padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL}`,
      outlineStyle: 'none',
      lineHeight: tokens.lineHeightBase400,
      overflowWrap: 'anywhere',
    },
    '& .tiptap > :first-child': { marginTop: 0 },
    '& .tiptap > :last-child': { marginBottom: 0 },
    '& .tiptap p': { margin: `0 0 ${tokens.spacingVerticalS}` },
  },
})

/** Only what the allow-list of listings keeps (spec/09 §5); pasted links, tables and colours become plain text at once. */
const extensions = [
  StarterKit.configure({
    blockquote: false,
    code: false,
    codeBlock: false,
    horizontalRule: false,
    strike: false,
    link: false,
    heading: { levels: [1, 2, 3, 4, 5, 6] },
  }),
]

interface SurfaceProps {
  id: string
  label: string
  html: string
  required: boolean
  onChange: (html: string | undefined) => void
}

export default function RichTextSurface({ id, label, html, required, onChange }: SurfaceProps) {
  const styles = useStyles()
  const own = useRef(html)
  const change = useRef(onChange)
  useEffect(() => {
    change.current = onChange
  }, [onChange])
  const editor = useEditor({
    extensions,
    content: html,
    immediatelyRender: false,
    injectNonce: nonceOfPage(),
    editorProps: {
      attributes: {
        id: `${id}-control`,
        role: 'textbox',
        'aria-multiline': 'true',
        'aria-label': label,
        'aria-required': String(required),
      },
    },
    // Listings know bold as <b>.
    onUpdate: ({ editor: now }) => {
      const text = now.isEmpty ? '' : now.getHTML().replace(/<(\/?)strong>/g, '<$1b>')
      own.current = text
      change.current(text === '' ? undefined : text)
    },
  })
  // Undo, a merge or a revert changed the text from outside.
  useEffect(() => {
    if (!editor || html === own.current) return
    own.current = html
    editor.commands.setContent(html, { emitUpdate: false })
  }, [editor, html])
  return (
    <>
      {editor ? <Marks editor={editor} label={label} /> : null}
      <EditorContent editor={editor} className={styles.text} />
    </>
  )
}

interface Mark {
  name: string
  icon: ReactElement
  active: (editor: Editor) => boolean
  toggle: (editor: Editor) => void
}

const marks: Mark[] = [
  { name: 'Bold', icon: <TextBoldRegular />, active: (on) => on.isActive('bold'), toggle: (on) => on.chain().focus().toggleBold().run() },
  {
    name: 'Italic',
    icon: <TextItalicRegular />,
    active: (on) => on.isActive('italic'),
    toggle: (on) => on.chain().focus().toggleItalic().run(),
  },
  {
    name: 'Underline',
    icon: <TextUnderlineRegular />,
    active: (on) => on.isActive('underline'),
    toggle: (on) => on.chain().focus().toggleUnderline().run(),
  },
]

const blocks: Mark[] = [
  {
    name: 'Heading',
    icon: <span aria-hidden="true">H</span>,
    active: (on) => on.isActive('heading', { level: 2 }),
    toggle: (on) => on.chain().focus().toggleHeading({ level: 2 }).run(),
  },
  {
    name: 'Subheading',
    icon: <span aria-hidden="true">h</span>,
    active: (on) => on.isActive('heading', { level: 3 }),
    toggle: (on) => on.chain().focus().toggleHeading({ level: 3 }).run(),
  },
  {
    name: 'Bulleted list',
    icon: <TextBulletListRegular />,
    active: (on) => on.isActive('bulletList'),
    toggle: (on) => on.chain().focus().toggleBulletList().run(),
  },
  {
    name: 'Numbered list',
    icon: <TextNumberListLtrRegular />,
    active: (on) => on.isActive('orderedList'),
    toggle: (on) => on.chain().focus().toggleOrderedList().run(),
  },
]

function Marks({ editor, label }: { editor: Editor; label: string }) {
  const styles = useStyles()
  const active = useEditorState({
    editor,
    selector: ({ editor: now }) => [...marks, ...blocks].filter((mark) => mark.active(now)).map((mark) => mark.name),
  })
  const button = (mark: Mark) => (
    <ToggleButton
      key={mark.name}
      size="small"
      appearance="subtle"
      icon={mark.icon}
      aria-label={mark.name}
      title={mark.name}
      checked={active.includes(mark.name)}
      // The text keeps the focus: what is typed at once after a press is not lost.
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => mark.toggle(editor)}
    />
  )
  return (
    <Toolbar className={styles.bar} size="small" aria-label={`Format of ${label}`}>
      {marks.map(button)}
      <ToolbarDivider />
      {blocks.map(button)}
    </Toolbar>
  )
}
