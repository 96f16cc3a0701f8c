using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;

namespace Nvmepf.Firmware.Commands.Admin.Structures;

/// <summary>
/// Namespaces that exist, attached to the controller (active) or not; everything else in the firmware sees the active ones only.
/// </summary>
internal static class AllocatedNamespaces
{
    /// <summary>The namespace of an NSID, or null.</summary>
    public static NvmeNamespace? Find(NvmeController controller, uint namespaceIdentifier) => controller.Namespaces.Find(namespaceIdentifier);
}
