// The keys of the mail screen, as a list that one of them shows.
import { Kbd, Table } from "@mantine/core";
import { Dialog } from "../../parts/dialog.tsx";
import { keysHelp } from "../../texts/mail.ts";

export function KeysHelp({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  return (
    <Dialog isOpen={isOpen} title={keysHelp.title} closes={keysHelp.close} onClose={onClose}>
      <Table verticalSpacing="sm">
        <Table.Tbody>
          {keysHelp.keys.map(([key, what]) => (
            <Table.Tr key={key}>
              <Table.Th scope="row" w={80}>
                <Kbd>{key}</Kbd>
              </Table.Th>
              <Table.Td>{what}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Dialog>
  );
}
