export default function Chooser() {
  return <h1>Stoa</h1>
}
