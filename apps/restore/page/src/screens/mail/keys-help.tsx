// The keys of the mail screen, as a list that one of them shows.
import { Group, Kbd, Table } from "@mantine/core";
import { Dialog } from "../../parts/dialog.tsx";
import { keysHelp } from "../../texts/mail.ts";

export function KeysHelp({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  return (
    <Dialog isOpen={isOpen} title={keysHelp.title} closes={keysHelp.close} onClose={onClose}>
      <Table verticalSpacing="sm">
        <Table.Tbody>
          {keysHelp.keys.map(([keys, what]) => (
            <Table.Tr key={what}>
              <Table.Th scope="row" w={160}>
                <Group gap={6}>
                  {keys.map((key) => (
                    <Kbd key={key}>{key}</Kbd>
                  ))}
                </Group>
              </Table.Th>
              <Table.Td>{what}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Dialog>
  );
}
