using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <summary>
/// The Reservation Notification log of a controller (NVMe Base 2.1 section 5.1.12.1.32): what its host has to be told of reservations, the oldest
/// first, each read once. One that finds the log full is lost, which the host sees by the gap in the numbers.
/// </summary>
public sealed class ReservationLog
{
    private const int Capacity = 128;
    private readonly ReservationNotificationLog[] _ring = new ReservationNotificationLog[Capacity];
    private int _first;
    private ulong _number;

    /// <summary>Notifications that wait.</summary>
    public int Count { get; private set; }

    /// <summary>A notification.</summary>
    public void Add(uint namespaceIdentifier, ReservationNotificationType type)
    {
        Skip(1);
        if (Count < Capacity)
        {
            _ring[(_first + Count++) % Capacity] = new ReservationNotificationLog
            {
                LogPageCount = _number,
                Type = type,
                NamespaceIdentifier = namespaceIdentifier,
            };
        }
    }

    /// <summary>So many notifications were lost before they came here.</summary>
    public void Skip(uint count)
    {
        _number += count;
        _number += _number < count ? 1u : 0; // 0 is no number
    }

    /// <summary>Takes the oldest; all zero where there is none.</summary>
    public ReservationNotificationLog Take()
    {
        if (Count == 0)
        {
            return default;
        }

        ReservationNotificationLog oldest = _ring[_first];
        _first = (_first + 1) % Capacity;
        Count--;
        oldest.NumberOfAvailableLogPages = (byte)Math.Min(Count, byte.MaxValue);
        return oldest;
    }

    /// <summary>Controller level reset: nothing waits, and numbers begin anew.</summary>
    public void Reset()
    {
        Count = 0;
        _number = 0;
    }
}
