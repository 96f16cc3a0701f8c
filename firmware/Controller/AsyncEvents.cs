using Nvmepf.Firmware.Commands;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <summary>
/// Asynchronous events and the requests that wait for them (NVMe Base 2.1 section 5.1.2). An event type that was reported is masked until
/// the host reads the log page that tells more; other events of the type wait, as do all while no request is there. Identical events are
/// kept once, so that a host can flood neither the queue nor itself.
/// </summary>
/// <remarks>Not here: immediate and one-shot events; nothing that this controller has raises them.</remarks>
public sealed class AsyncEvents
{
    private const int TypeCount = 8;
    private const int FirstNoticeBit = 8;
    private const uint NotReported = uint.MaxValue;
    private readonly int[] _waiting = new int[RequestsMax]; // slots of the requests, the oldest first
    private readonly uint[] _pending = new uint[PendingMax]; // dword 0 of the completions to come, the oldest first
    private readonly uint[] _reported = new uint[TypeCount]; // dword 0 of what masks the type
    private int _waitingCount;
    private int _pendingCount;

    /// <summary>Creates it with nothing waiting.</summary>
    public AsyncEvents() => Array.Fill(_reported, NotReported);

    /// <summary>Requests that may wait at a time (AERL + 1).</summary>
    public const int RequestsMax = 4;

    /// <summary>Events that may wait at a time. More kinds than there are: a full queue loses the newest event.</summary>
    public const int PendingMax = 16;

    /// <summary>The notices of a passthrough controller; the target's endurance groups have their events with its own host.</summary>
    internal const OptionalAsynchronousEvents SupportedOfPassthrough = OptionalAsynchronousEvents.AttachedNamespaceAttributeNotices;

    /// <summary>The notices that every controller with namespaces of its own sends.</summary>
    private const OptionalAsynchronousEvents Supported = OptionalAsynchronousEvents.AttachedNamespaceAttributeNotices
        | OptionalAsynchronousEvents.EnduranceGroupEventAggregateLogPageChangeNotices;

    /// <summary>The notices that a controller sends (OAES); others cannot be enabled in Asynchronous Event Configuration.</summary>
    public static OptionalAsynchronousEvents SupportedBy(NvmeController controller) =>
        controller.Passthrough is not null ? SupportedOfPassthrough
        : controller.Ana.IsReported ? Supported | OptionalAsynchronousEvents.AsymmetricNamespaceAccessChangeNotices
        : Supported;

    /// <summary>Requests that wait.</summary>
    public int WaitingCount => _waitingCount;

    /// <summary>Events that wait.</summary>
    public int PendingCount => _pendingCount;

    /// <summary>Namespaces that changed since the host looked.</summary>
    public ChangedNamespaces ChangedNamespaces { get; } = new();

    /// <summary>Parks an Asynchronous Event Request, or ends it at once when an event is waiting or there are too many.</summary>
    public CommandOutcome Park(NvmeController controller, ref CommandSlot slot)
    {
        if (_waitingCount == RequestsMax)
        {
            slot.Status = new Status(StatusCode.AsynchronousEventRequestLimitExceeded, true);
            return CommandOutcome.Completed;
        }

        if (TryTakePending(out uint dword0))
        {
            slot.Result0 = dword0;
            return CommandOutcome.Completed;
        }

        // It may wait for days: its place in the completion queue is for others meanwhile.
        controller.Engine.ReleaseCredit(ref slot);
        _waiting[_waitingCount++] = slot.Index;
        return CommandOutcome.Parked;
    }

    /// <summary>Something happened: completes a waiting request, or remembers the event (bounded; one of a kind).</summary>
    /// <param name="controller">Owner.</param>
    /// <param name="type">Asynchronous event type, bits 2:0 of the completion's dword 0.</param>
    /// <param name="information">Asynchronous event information, bits 15:8.</param>
    /// <param name="logPageId">Log page to read, bits 23:16.</param>
    public void Raise(NvmeController controller, byte type, byte information, byte logPageId)
    {
        AsynchronousEventDword0 raised = new()
        {
            EventType = (AsynchronousEventType)type,
            EventInformation = information,
            LogPageIdentifier = (LogPageId)logPageId,
        };

        // In a reset the requests' slots are the engine's already, and nobody is there to be told.
        if (controller.State is ControllerState.Resetting or ControllerState.ShutDown || !IsEnabled(controller.Features, raised))
        {
            return;
        }

        if (_reported[type & (TypeCount - 1)] == raised.Raw || IsPending(raised.Raw) || _pendingCount == PendingMax)
        {
            return;
        }

        _pending[_pendingCount++] = raised.Raw;
        Deliver(controller);
    }

    /// <summary>A waiting request goes away (Abort): forget it. Returns false where the slot does not wait here.</summary>
    public bool Forget(int slotIndex)
    {
        int index = Array.IndexOf(_waiting, slotIndex, 0, _waitingCount);
        if (index < 0)
        {
            return false;
        }

        RemoveWaiting(index);
        return true;
    }

    /// <summary>
    /// The host read the log page with Retain Asynchronous Event clear: events of the type that it belongs to may be sent again. What
    /// waited to point to the same page is dropped, since the host has just read it.
    /// </summary>
    public void Acknowledge(NvmeController controller, byte logPageId)
    {
        for (int type = 0; type < TypeCount; type++)
        {
            if (_reported[type] != NotReported && (byte)(_reported[type] >> 16) == logPageId)
            {
                _reported[type] = NotReported;
            }
        }

        for (int i = _pendingCount - 1; i >= 0; i--)
        {
            if ((byte)(_pending[i] >> 16) == logPageId)
            {
                RemovePending(i);
            }
        }

        Deliver(controller);
    }

    /// <summary>Controller reset: waiting requests and events are gone (the engine has freed their slots).</summary>
    public void Reset()
    {
        _waitingCount = 0;
        _pendingCount = 0;
        Array.Fill(_reported, NotReported);
        ChangedNamespaces.Clear();
    }

    /// <summary>Whether Asynchronous Event Configuration lets the event through; errors cannot be switched off.</summary>
    private static bool IsEnabled(FeatureStore features, AsynchronousEventDword0 raised)
    {
        AsynchronousEventConfigurationFeature configuration = features.Current.AsynchronousEvents;
        switch (raised.EventType)
        {
            case AsynchronousEventType.SmartHealth:
                CriticalWarning bits = (SmartHealthEventInformation)raised.EventInformation switch
                {
                    SmartHealthEventInformation.TemperatureThreshold => CriticalWarning.TemperatureThreshold,
                    SmartHealthEventInformation.SpareBelowThreshold => CriticalWarning.AvailableSpareBelowThreshold,
                    _ => ~(CriticalWarning.TemperatureThreshold | CriticalWarning.AvailableSpareBelowThreshold),
                };
                return (configuration.CriticalWarnings & bits) != 0;
            case AsynchronousEventType.Notice:
                // The first seven notices have their bits in the same order, and no later one is supported; what is not cannot be enabled.
                return raised.EventInformation <= (byte)NoticeEventInformation.EnduranceGroupEventAggregateLogPageChange
                    && (configuration.Raw & (1u << (FirstNoticeBit + raised.EventInformation))) != 0;
            default:
                return true;
        }
    }

    private bool IsPending(uint dword0) => Array.IndexOf(_pending, dword0, 0, _pendingCount) >= 0;

    private void Deliver(NvmeController controller)
    {
        while (_waitingCount > 0 && TryTakePending(out uint dword0))
        {
            int slotIndex = _waiting[0];
            RemoveWaiting(0);
            controller.Engine.Slot(slotIndex).Result0 = dword0;
            controller.Engine.CompleteParked(slotIndex);
        }
    }

    /// <summary>The oldest event whose type is not masked; its type is from here on.</summary>
    private bool TryTakePending(out uint dword0)
    {
        for (int i = 0; i < _pendingCount; i++)
        {
            dword0 = _pending[i];
            int type = (int)dword0 & (TypeCount - 1);
            if (_reported[type] == NotReported)
            {
                _reported[type] = dword0;
                RemovePending(i);
                return true;
            }
        }

        dword0 = 0;
        return false;
    }

    private void RemoveWaiting(int index)
    {
        _waitingCount--;
        _waiting.AsSpan(index + 1, _waitingCount - index).CopyTo(_waiting.AsSpan(index));
    }

    private void RemovePending(int index)
    {
        _pendingCount--;
        _pending.AsSpan(index + 1, _pendingCount - index).CopyTo(_pending.AsSpan(index));
    }
}
