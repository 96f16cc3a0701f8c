using Nvmepf.Firmware.Commands;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <summary>Asynchronous events and the requests that wait for them (NVMe Base 2.1 section 5.1.2). PLACEHOLDER, being written.</summary>
public sealed class AsyncEvents
{
    /// <summary>Requests that may wait at a time (AERL + 1).</summary>
    public const int RequestsMax = 4;

    /// <summary>Requests that wait.</summary>
    public int WaitingCount { get; }

    /// <summary>Parks an Asynchronous Event Request, or ends it at once when an event is waiting or there are too many.</summary>
    public CommandOutcome Park(NvmeController controller, ref CommandSlot slot) => throw new NotSupportedException();

    /// <summary>Something happened: completes a waiting request, or remembers the event (bounded; one of a kind).</summary>
    /// <param name="controller">Owner.</param>
    /// <param name="type">Asynchronous event type, bits 2:0 of the completion's dword 0.</param>
    /// <param name="information">Asynchronous event information, bits 15:8.</param>
    /// <param name="logPageId">Log page to read, bits 23:16.</param>
    public void Raise(NvmeController controller, byte type, byte information, byte logPageId)
    {
    }

    /// <summary>A waiting request goes away (Abort): forget it. Returns false where the slot does not wait here.</summary>
    public bool Forget(int slotIndex) => false;

    /// <summary>The host read the log page with Retain Asynchronous Event clear: events of its type may be sent again.</summary>
    public void Acknowledge(NvmeController controller, byte logPageId)
    {
    }

    /// <summary>Controller reset: waiting requests and events are gone (the engine has freed their slots).</summary>
    public void Reset()
    {
    }
}
