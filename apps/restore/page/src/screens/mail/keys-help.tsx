// The keys of the mail screen, as a list that one of them shows.
import { Kbd, Modal, Table } from "@mantine/core";
import { keysHelp } from "../../texts/mail.ts";

export function KeysHelp({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={keysHelp.title}
      closeButtonProps={{ "aria-label": keysHelp.close }}
      centered
    >
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
    </Modal>
  );
}
