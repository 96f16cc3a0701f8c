using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.LogPages;

/// <summary>
/// Changed Attached Namespace List, 04h (NVMe Base 2.1 section 5.1.12.1.5). Reading it empties the list, unless the host retains the event.
/// </summary>
internal static unsafe class ChangedNamespacesPage
{
    /// <summary>The row.</summary>
    public static LogPageDescriptor Row { get; } = new()
    {
        Id = LogPageId.ChangedAttachedNamespaceList,
        Name = "Changed Attached Namespace List",
        LengthBytes = sizeof(ChangedNamespaceList),
        Fill = &Fill,
        AfterRead = &AfterRead,
    };

    private static void Fill(NvmeController controller, ref CommandSlot slot, byte* page) =>
        controller.Events.ChangedNamespaces.CopyTo(new Span<uint>(page, IdentifyData.NamespaceListEntries));

    private static void AfterRead(NvmeController controller) => controller.Events.ChangedNamespaces.Clear();
}
