namespace Nvmepf.Tests.Configuration;

/// <summary>
/// The shell session by which users of nvmet set up a PCI endpoint: the same commands, with <c>$CONFIG</c> for <c>/sys/kernel/config</c>, and
/// the name of the controller and the storage of the machine that they run on.
/// </summary>
internal static class EndpointSession
{
    /// <summary>The session.</summary>
    /// <param name="storage">What the namespace's device_path says.</param>
    /// <param name="controller">Directory of the endpoint controller.</param>
    public static string Text(string storage, string controller) => $$"""
        cd $CONFIG/nvmet/subsystems
        mkdir nvmepf.0.nqn
        echo -n "Linux-pci-epf" > nvmepf.0.nqn/attr_model
        echo "0x1b96" > nvmepf.0.nqn/attr_vendor_id
        echo "0x1b96" > nvmepf.0.nqn/attr_subsys_vendor_id
        echo 1 > nvmepf.0.nqn/attr_allow_any_host
        echo 4 > nvmepf.0.nqn/attr_qid_max
        mkdir nvmepf.0.nqn/namespaces/1
        echo -n "{{storage}}" > nvmepf.0.nqn/namespaces/1/device_path
        echo 1 > "nvmepf.0.nqn/namespaces/1/enable"
        cd $CONFIG/nvmet/ports
        mkdir 1
        echo -n "pci" > 1/addr_trtype
        ln -s $CONFIG/nvmet/subsystems/nvmepf.0.nqn $CONFIG/nvmet/ports/1/subsystems/nvmepf.0.nqn
        cd $CONFIG/pci_ep/functions/nvmet_pci_epf
        mkdir nvmepf.0
        echo 0xBEEF > nvmepf.0/deviceid
        echo 32 > nvmepf.0/msix_interrupts
        echo 1 > nvmepf.0/nvme/portid
        echo "nvmepf.0.nqn" > nvmepf.0/nvme/subsysnqn
        cd $CONFIG/pci_ep
        ln -s functions/nvmet_pci_epf/nvmepf.0 controllers/{{controller}}/
        echo 1 > controllers/{{controller}}/start
        """;

    /// <summary>The directories that configfs makes when <c>mkdir</c> makes their parent; for a shell that runs where nobody watches.</summary>
    public const string Groups = """
        mkdir() {
            command mkdir -p "$@"
            case "$PWD/$1" in
                */subsystems/*/*) ;;
                */subsystems/*) command mkdir -p "$1/namespaces" ;;
                */ports/*) command mkdir -p "$1/subsystems" ;;
                */nvmet_pci_epf/*) command mkdir -p "$1/nvme" ;;
            esac
        }

        """;

    /// <summary>A person at the keyboard does not type the next command before the directories are there that a running firmware makes.</summary>
    public const string Pauses = """
        mkdir() {
            command mkdir "$@"
            case "$PWD/$1" in
                */subsystems/*/*) ;;
                */subsystems/*) until [ -d "$1/namespaces" ]; do sleep 0.05; done ;;
                */ports/*) until [ -d "$1/subsystems" ]; do sleep 0.05; done ;;
                */nvmet_pci_epf/*) until [ -d "$1/nvme" ]; do sleep 0.05; done ;;
            esac
        }

        """;
}
