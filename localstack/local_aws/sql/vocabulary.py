"""The functions of Trino that are answered here, each with the meaning that it has there.

What is not listed is refused by name rather than handed to DuckDB, where a function of the same name may mean something else.
Not the same as in Trino, and accepted: `approx_percentile` and `approx_distinct` are exact; an array's element beyond its
end is null where Trino fails; regular expressions are RE2's and not Java's.
"""

from sqlglot import exp

__all__ = ["ANONYMOUS", "KNOWN", "REDSHIFT_ANONYMOUS", "REDSHIFT_KNOWN"]

KNOWN: frozenset[type[exp.Expr]] = frozenset(
    {
        # what makes a statement
        *(
            exp.And,
            exp.Or,
            exp.Xor,
            exp.Case,
            exp.If,
            exp.Coalesce,
            exp.Nullif,
            exp.Cast,
            exp.TryCast,
            exp.Try,
            exp.Exists,
        ),
        *(exp.Array, exp.Map, exp.VarMap, exp.Struct, exp.Unnest, exp.Explode, exp.Posexplode, exp.Greatest, exp.Least),
        # aggregates and windows
        *(
            exp.Count,
            exp.CountIf,
            exp.Sum,
            exp.Avg,
            exp.Min,
            exp.Max,
            exp.ArgMax,
            exp.ArgMin,
            exp.AnyValue,
            exp.ArrayAgg,
        ),
        *(exp.LogicalAnd, exp.LogicalOr, exp.Stddev, exp.StddevPop, exp.StddevSamp, exp.Variance, exp.VariancePop),
        *(exp.Corr, exp.CovarPop, exp.CovarSamp, exp.GroupConcat, exp.ApproxDistinct, exp.ApproxQuantile, exp.Grouping),
        *(exp.RowNumber, exp.Rank, exp.DenseRank, exp.PercentRank, exp.CumeDist, exp.Ntile, exp.Lag, exp.Lead),
        *(exp.FirstValue, exp.LastValue, exp.NthValue),
        # numbers
        *(
            exp.Abs,
            exp.Ceil,
            exp.Floor,
            exp.Round,
            exp.Sign,
            exp.Sqrt,
            exp.Cbrt,
            exp.Exp,
            exp.Ln,
            exp.Log,
            exp.Pow,
            exp.Pi,
        ),
        *(exp.Trunc, exp.IsNan, exp.Rand, exp.Sin, exp.Cos, exp.Atan2, exp.Degrees),
        # text
        *(exp.Concat, exp.ConcatWs, exp.Length, exp.Lower, exp.Upper, exp.Substring, exp.Trim, exp.Pad, exp.Reverse),
        *(exp.Replace, exp.Split, exp.SplitPart, exp.StartsWith, exp.StrPosition, exp.Chr, exp.RegexpLike),
        *(
            exp.RegexpExtract,
            exp.RegexpReplace,
            exp.RegexpExtractAll,
            exp.Levenshtein,
            exp.Translate,
            exp.Hex,
            exp.Unhex,
        ),
        # dates and instants
        *(
            exp.CurrentDate,
            exp.CurrentTimestamp,
            exp.Localtimestamp,
            exp.Date,
            exp.DateAdd,
            exp.DateDiff,
            exp.DateTrunc,
        ),
        *(exp.TimestampTrunc, exp.Extract, exp.Year, exp.Month, exp.Day, exp.Hour, exp.Minute, exp.Second, exp.Quarter),
        *(exp.Week, exp.WeekOfYear, exp.DayOfWeekIso, exp.DayOfMonth, exp.DayOfYear, exp.LastDay, exp.TimeToStr),
        *(exp.StrToTime, exp.UnixToTime, exp.TimeToUnix, exp.FromISO8601Timestamp, exp.FromISO8601Date, exp.AtTimeZone),
        # arrays, maps, JSON
        *(exp.ArraySize, exp.ArrayContains, exp.ArrayToString, exp.ArrayDistinct, exp.ArrayMax, exp.ArrayMin),
        *(exp.GenerateSeries, exp.Transform, exp.ArrayFilter, exp.Flatten, exp.MapKeys, exp.JSONExtract),
        *(exp.JSONExtractScalar, exp.ParseJSON, exp.ArraySort, exp.ArrayUniqueAgg),
    }
)
"""By sqlglot's classes."""

ANONYMOUS = {
    "arrays_overlap": "list_has_any",
    "at_timezone": "timezone",
    "every": "bool_and",
    "json_array_length": "json_array_length",
    "map_entries": "map_entries",
    "map_values": "map_values",
    "url_encode": "url_encode",
}
"""Those that sqlglot has no class for: Trino's name -> DuckDB's."""

REDSHIFT_KNOWN: frozenset[type[exp.Expr]] = frozenset({exp.ConvertTimezone, exp.TsOrDsAdd, exp.TsOrDsDiff})
"""What only Redshift has, by sqlglot's classes."""

REDSHIFT_ANONYMOUS = {"strlen", "octet_length"}
"""Functions of Redshift that sqlglot has no class for, and that DuckDB has by the same name and with the same meaning."""
