using System;
using System.Collections.Generic;
using System.Linq;

namespace Nvmepf.Tests.Judge;

/// <summary>
/// Two sequences of steps, difference by difference: <c>linux STEP</c> is taken by Linux only, <c>ours STEP</c> by us only, <c>order STEP</c> by both,
/// but elsewhere in the order (the fewest steps whose removal leaves the same order).
/// </summary>
internal static class StepComparison
{
    /// <summary>All differences; the steps of each sequence are distinct.</summary>
    public static List<string> Differences(IReadOnlyList<string> linux, IReadOnlyList<string> ours)
    {
        Dictionary<string, int> placeInLinux = Places(linux);
        Dictionary<string, int> placeInOurs = Places(ours);
        var differences = new List<string>();
        differences.AddRange(linux.Where(step => !placeInOurs.ContainsKey(step)).Select(step => $"linux {step}"));
        differences.AddRange(ours.Where(step => !placeInLinux.ContainsKey(step)).Select(step => $"ours {step}"));
        List<string> common = ours.Where(placeInLinux.ContainsKey).ToList();
        HashSet<int> inOrder = LongestRun(common.Select(step => placeInLinux[step]).ToList());
        differences.AddRange(common.Where((_, i) => !inOrder.Contains(i)).Select(step => $"order {step}"));
        return differences;
    }

    private static Dictionary<string, int> Places(IReadOnlyList<string> steps)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < steps.Count; i++)
        {
            places.Add(steps[i], i);
        }

        return places;
    }

    // Indices of a longest increasing subsequence; quadratic, which is nothing for a few hundred steps.
    private static HashSet<int> LongestRun(List<int> values)
    {
        var length = new int[values.Count];
        var previous = new int[values.Count];
        int best = -1;
        for (int i = 0; i < values.Count; i++)
        {
            length[i] = 1;
            previous[i] = -1;
            for (int j = 0; j < i; j++)
            {
                if (values[j] < values[i] && length[j] + 1 > length[i])
                {
                    length[i] = length[j] + 1;
                    previous[i] = j;
                }
            }

            best = best < 0 || length[i] > length[best] ? i : best;
        }

        var run = new HashSet<int>();
        for (int i = best; i >= 0; i = previous[i])
        {
            run.Add(i);
        }

        return run;
    }
}
