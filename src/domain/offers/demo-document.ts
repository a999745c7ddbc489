import PDFDocument from 'pdfkit'

/** A data sheet of a demo offer as PDF: its name, its summary and what it says about itself. */
export function demoDocument(offer: { name: string; summary: string; text: string }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pdf = new PDFDocument({ size: 'A4', margin: 64, info: { Title: offer.name } })
    const parts: Buffer[] = []
    pdf.on('data', (part: Buffer) => parts.push(part))
    pdf.on('end', () => resolve(Buffer.concat(parts)))
    pdf.on('error', reject)
    pdf.font('Helvetica-Bold').fontSize(22).text(offer.name)
    pdf.moveDown(0.5).font('Helvetica').fontSize(13).fillColor('#555555').text(offer.summary)
    pdf.moveDown(1.5).fontSize(11).fillColor('#222222').text(offer.text, { lineGap: 4 })
    pdf.end()
  })
}
