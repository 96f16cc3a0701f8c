using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.LogPages;

/// <summary>
/// Endurance Group Event Aggregate, 0Fh (NVMe Base 2.1 section 5.1.12.1.16): the groups that had an event since the host looked, which is the one
/// group or none. Reading it empties it, unless the host retains the event.
/// </summary>
internal static unsafe class EnduranceGroupEventsPage
{
    /// <summary>The row.</summary>
    public static LogPageDescriptor Row { get; } = new()
    {
        Id = LogPageId.EnduranceGroupEventAggregate,
        Name = "Endurance Group Event Aggregate",
        LengthBytes = sizeof(EnduranceGroupEventAggregateHeader) + sizeof(uint), // one identifier, to the end of its dword
        Fill = &Fill,
        AfterRead = &AfterRead,
    };

    private static void Fill(NvmeController controller, ref CommandSlot slot, byte* page)
    {
        if (controller.Smart.Health.HasEnduranceGroupEvent)
        {
            ((EnduranceGroupEventAggregateHeader*)page)->NumberOfEntries = 1;
            *(ushort*)(page + sizeof(EnduranceGroupEventAggregateHeader)) = EnduranceGroup.Identifier;
        }
    }

    private static void AfterRead(NvmeController controller) => controller.Smart.Health.HasEnduranceGroupEvent = false;
}
